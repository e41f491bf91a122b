"""What a person gave beyond tags: points, boxes, scribbles and masks, and what follows from them.

`records` holds what was given, `constraint` turns it into what is certain and what is possible per
pixel of one photo, `costs` estimates the seconds it took.
"""
