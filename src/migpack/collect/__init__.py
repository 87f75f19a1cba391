"""Returned forms in, answers recorded: what people filled in on screen, in Word, in the tracker or with a pen goes into record.yaml."""
