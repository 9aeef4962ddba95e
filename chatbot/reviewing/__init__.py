"""A short literature review: the papers that belong to a topic, grouped by theme, every sentence proven.

parts      what it is made of (frozen)
themes     papers that are near each other, and what their theme is called
writing    judged, grouped, written batch by batch, as events
page       Markdown of it
"""
