"""Reading the files a shop edits into domain types."""
