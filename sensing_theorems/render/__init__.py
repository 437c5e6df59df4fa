"""How a report looks: text for terminals, HTML with pictures for mail."""
