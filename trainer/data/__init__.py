"""Frames and masks on their way into training: folders, the cache in memory, duplicates, augmentation."""
