"""What we did about takedowns and refusals, in figures: counted, made safe to publish, released by two, and shown."""
