"""The one way in for what phones recorded: queued, judged, logged and written."""
