"""What the bundles that come along are held to: size, quality on frames that they never saw, shortcuts, speed."""
