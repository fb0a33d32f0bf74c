"""Why an incident was opened: judged once more from what is stored, in words and drawn."""
