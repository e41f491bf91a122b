"""Annotations other than tags: points, boxes, scribbles and masks, and their constraints on pixels.

`records` holds the annotations, `constraint` derives the certain and the possible labels of each
pixel of one photo, `costs` estimates the annotation time in seconds.
"""
