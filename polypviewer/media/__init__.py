"""Frames out of files (floor 1): images through OpenCV and Pillow, video through PyAV.

`probe` and `open_media` of `polypviewer.media.readers` are the way in; PyAV is loaded by the first video only.
"""
