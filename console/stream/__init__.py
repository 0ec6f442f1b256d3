"""The live stream: one reader of the feed for a process, a bounded queue for each desk."""
