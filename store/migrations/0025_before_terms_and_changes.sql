-- one by one
-- An offer, a movement or a call back gets one more term after an outage of ours, once.
ALTER TABLE assignment ADD COLUMN IF NOT EXISTS renewed_at timestamptz;

-- What changed in a register since somebody read it (412): the names of fields, never what was in them.
CREATE TABLE IF NOT EXISTS record_change (
    object     text NOT NULL,                -- as the audit names it: 'resident:17'
    version    integer NOT NULL,             -- the one it became
    at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    in_xact    xid8 NOT NULL DEFAULT pg_current_xact_id(), -- by it the audit's row of the same commit says who
    user_id    bigint,
    fields     text[] NOT NULL,
    PRIMARY KEY (object, version)
);
CREATE INDEX CONCURRENTLY IF NOT EXISTS record_change_at ON record_change (at);
CREATE OR REPLACE FUNCTION note_record_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO record_change (object, version, fields)
    SELECT TG_ARGV[0] || ':' || (to_jsonb(NEW) ->> TG_ARGV[1]), NEW.version,
           coalesce(array_agg(n.key ORDER BY n.key), '{}')
      FROM jsonb_each(to_jsonb(NEW)) AS n JOIN jsonb_each(to_jsonb(OLD)) AS o ON o.key = n.key
     WHERE n.value <> o.value AND n.key <> 'version'
        ON CONFLICT (object, version) DO NOTHING ; RETURN NULL ; END $$;
CREATE OR REPLACE TRIGGER area_change_is_noted AFTER UPDATE ON area
    FOR EACH ROW WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION note_record_change('area', 'id');
CREATE OR REPLACE TRIGGER premises_change_is_noted AFTER UPDATE ON premises
    FOR EACH ROW WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION note_record_change('premises', 'id');
CREATE OR REPLACE TRIGGER resident_change_is_noted AFTER UPDATE ON resident
    FOR EACH ROW WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION note_record_change('resident', 'id');
CREATE OR REPLACE TRIGGER contact_change_is_noted AFTER UPDATE ON contact
    FOR EACH ROW WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION note_record_change('contact', 'id');
CREATE OR REPLACE TRIGGER device_change_is_noted AFTER UPDATE ON device
    FOR EACH ROW WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION note_record_change('device', 'id');
CREATE OR REPLACE TRIGGER call_change_is_noted AFTER UPDATE ON call
    FOR EACH ROW WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION note_record_change('call', 'id');
CREATE OR REPLACE TRIGGER app_user_change_is_noted AFTER UPDATE ON app_user
    FOR EACH ROW WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION note_record_change('user', 'id');
CREATE OR REPLACE TRIGGER source_change_is_noted AFTER UPDATE ON source
    FOR EACH ROW WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION note_record_change('source', 'id');
CREATE OR REPLACE TRIGGER responder_change_is_noted AFTER UPDATE ON responder
    FOR EACH ROW WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION note_record_change('responder', 'id');
CREATE OR REPLACE TRIGGER shift_change_is_noted AFTER UPDATE ON shift
    FOR EACH ROW WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION note_record_change('shift', 'id');
CREATE OR REPLACE TRIGGER absence_change_is_noted AFTER UPDATE ON absence
    FOR EACH ROW WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION note_record_change('absence', 'id');
CREATE OR REPLACE TRIGGER silence_change_is_noted AFTER UPDATE ON silence
    FOR EACH ROW WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION note_record_change('silence', 'id');
CREATE OR REPLACE TRIGGER storm_change_is_noted AFTER UPDATE ON storm
    FOR EACH ROW WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION note_record_change('storm', 'id');
CREATE OR REPLACE TRIGGER fence_change_is_noted AFTER UPDATE ON fence
    FOR EACH ROW WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION note_record_change('fence', 'id');
CREATE OR REPLACE TRIGGER care_rule_change_is_noted AFTER UPDATE ON care_rule
    FOR EACH ROW WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION note_record_change('care_rule', 'id');
CREATE OR REPLACE TRIGGER visit_change_is_noted AFTER UPDATE ON visit
    FOR EACH ROW WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION note_record_change('visit', 'id');
CREATE OR REPLACE TRIGGER hand_over_change_is_noted AFTER UPDATE ON hand_over
    FOR EACH ROW WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION note_record_change('hand_over', 'id');
CREATE OR REPLACE TRIGGER task_change_is_noted AFTER UPDATE ON task
    FOR EACH ROW WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION note_record_change('task', 'id');
CREATE OR REPLACE TRIGGER legal_hold_change_is_noted AFTER UPDATE ON legal_hold
    FOR EACH ROW WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION note_record_change('legal_hold', 'id');
CREATE OR REPLACE TRIGGER complaint_change_is_noted AFTER UPDATE ON complaint
    FOR EACH ROW WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION note_record_change('complaint', 'id');
CREATE OR REPLACE TRIGGER call_audit_change_is_noted AFTER UPDATE ON call_audit
    FOR EACH ROW WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION note_record_change('call_audit', 'id');
CREATE OR REPLACE TRIGGER export_change_is_noted AFTER UPDATE ON export
    FOR EACH ROW WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION note_record_change('export', 'id');
CREATE OR REPLACE TRIGGER vital_bounds_change_is_noted AFTER UPDATE ON vital_bounds
    FOR EACH ROW WHEN (OLD.version <> NEW.version) EXECUTE FUNCTION note_record_change('bounds', 'resident_id');
