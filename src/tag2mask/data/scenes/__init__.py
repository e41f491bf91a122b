"""The embedded example: pictures drawn from a seed, with exact masks and discriminative parts.

    shapes -> textures -> grounds, coats -> discriminative_parts, creatures -> canvas -> scene ->
    writing

Five classes of invented creatures share their bodies and differ in one discriminative part each:
tiny for the glownose and the dotflank, medium for the caphead, large for the sailback and the
ringtail. The ringtail occurs mostly on water. Results on these scenes are labelled as synthetic.
"""

from __future__ import annotations

from tag2mask.data.scenes.discriminative_parts import CLASSES
from tag2mask.data.scenes.grounds import GROUNDS
from tag2mask.data.scenes.scene import SIZE, Scene, draw_scene
from tag2mask.data.scenes.writing import write_scenes

__all__ = ["CLASSES", "GROUNDS", "SIZE", "Scene", "draw_scene", "write_scenes"]
