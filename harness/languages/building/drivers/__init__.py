"""The inner ends of other languages: each reads calls as lines of JSON and writes what they return."""
