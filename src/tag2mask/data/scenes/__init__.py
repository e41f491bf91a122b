"""The embedded example: pictures drawn from a seed, with exact masks and discriminative parts.

    shapes -> textures -> grounds, coats -> discriminative_parts, creatures -> canvas -> scene ->
    writing

Five classes of invented creatures share their bodies and differ in one discriminative part each:
tiny on the glownose and the dotflank, middling on the caphead, large on the sailback and the
ringtail. The ringtail lives mostly on water. Figures measured here are synthetic and say so.
"""

from __future__ import annotations

from tag2mask.data.scenes.discriminative_parts import CLASSES
from tag2mask.data.scenes.grounds import GROUNDS
from tag2mask.data.scenes.scene import SIZE, Scene, draw_scene
from tag2mask.data.scenes.writing import write_scenes

__all__ = ["CLASSES", "GROUNDS", "SIZE", "Scene", "draw_scene", "write_scenes"]
