"""The canvas: the picture, what is painted on it, and the hand that paints."""
