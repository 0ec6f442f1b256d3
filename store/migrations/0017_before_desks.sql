-- A desk on duty is a person: asked when no key was touched for long, absent when nobody answers, silent when its
-- stream is gone (centre.md, 9 and 10).
ALTER TABLE duty ADD COLUMN asked_at     timestamptz; -- "are you there?"
ALTER TABLE duty ADD COLUMN away_since   timestamptz; -- nobody answered
ALTER TABLE duty ADD COLUMN silent_since timestamptz; -- its stream answers no more
-- Whoever hears an alarm now.
CREATE VIEW desk_present AS
    SELECT user_id FROM duty WHERE state = 'on' AND away_since IS NULL AND silent_since IS NULL;
