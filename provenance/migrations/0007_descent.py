from django.db import migrations, models

SETTLE = """
CREATE FUNCTION provenance_settle(videos uuid[]) RETURNS void LANGUAGE sql AS $$
    DELETE FROM provenance_footing WHERE video = ANY(videos);
    INSERT INTO provenance_footing (video, "grant", likeness, client)
        SELECT DISTINCT line.video, seen.grant_id, seen.likeness_id, maker.client_id
        FROM provenance_descent line
        JOIN provenance_appearance seen ON seen.video_id = line.ancestor
        JOIN provenance_video maker ON maker.id = line.ancestor
        WHERE line.video = ANY(videos);
$$;
"""

# A video begins as its own ancestor.
VIDEO = """
CREATE FUNCTION provenance_video_descends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO provenance_descent (video, ancestor) SELECT id, id FROM added;
    RETURN NULL;
END $$;
CREATE TRIGGER provenance_video_descends AFTER INSERT ON provenance_video REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION provenance_video_descends();
ALTER TABLE provenance_video ENABLE ALWAYS TRIGGER provenance_video_descends;
"""

# Row by row: of two edges in one statement the second goes on from what the first brought.
EDGE = """
CREATE FUNCTION provenance_edge_descends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO provenance_descent (video, ancestor)
        SELECT below.video, above.ancestor FROM provenance_descent below, provenance_descent above
        WHERE below.ancestor = NEW.child_id AND above.video = NEW.parent_id
        ON CONFLICT DO NOTHING;
    PERFORM provenance_settle(ARRAY(SELECT video FROM provenance_descent WHERE ancestor = NEW.child_id));
    RETURN NULL;
END $$;
CREATE TRIGGER provenance_edge_descends AFTER INSERT ON provenance_lineage
    FOR EACH ROW EXECUTE FUNCTION provenance_edge_descends();
ALTER TABLE provenance_lineage ENABLE ALWAYS TRIGGER provenance_edge_descends;
"""

# What is taken away or changed counts as well: whoever is shown no more must not hold a video up.
APPEARANCE = """
CREATE FUNCTION provenance_appearance_settles() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM provenance_settle(ARRAY(
        SELECT DISTINCT line.video FROM changed JOIN provenance_descent line ON line.ancestor = changed.video_id
    ));
    RETURN NULL;
END $$;
CREATE TRIGGER provenance_appearance_added AFTER INSERT ON provenance_appearance REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION provenance_appearance_settles();
CREATE TRIGGER provenance_appearance_changed AFTER UPDATE ON provenance_appearance REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION provenance_appearance_settles();
CREATE TRIGGER provenance_appearance_gone AFTER DELETE ON provenance_appearance REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION provenance_appearance_settles();
ALTER TABLE provenance_appearance ENABLE ALWAYS TRIGGER provenance_appearance_added;
ALTER TABLE provenance_appearance ENABLE ALWAYS TRIGGER provenance_appearance_changed;
ALTER TABLE provenance_appearance ENABLE ALWAYS TRIGGER provenance_appearance_gone;
"""

BACKFILL = """
INSERT INTO provenance_descent (video, ancestor)
    WITH RECURSIVE line(video, ancestor) AS (
        SELECT id, id FROM provenance_video
        UNION
        SELECT line.video, edge.parent_id FROM provenance_lineage edge JOIN line ON edge.child_id = line.ancestor
    ) SELECT video, ancestor FROM line;
SELECT provenance_settle(ARRAY(SELECT id FROM provenance_video));
"""


class Migration(migrations.Migration):
    dependencies = [("provenance", "0006_stamp_hash"), ("consent", "0014_blocks")]

    operations = [
        migrations.CreateModel(
            name="Descent",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "video", "ancestor", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("video", models.UUIDField()),
                ("ancestor", models.UUIDField()),
            ],
            options={"indexes": [models.Index(fields=["ancestor", "video"], name="descent_downwards")]},
        ),
        migrations.CreateModel(
            name="Footing",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "video",
                        "grant",
                        "likeness",
                        "client",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("video", models.UUIDField()),
                ("grant", models.UUIDField()),
                ("likeness", models.UUIDField()),
                ("client", models.UUIDField()),
            ],
            options={"indexes": [models.Index(fields=["grant", "video"], name="footing_by_grant")]},
        ),
        migrations.RunSQL(SETTLE, "DROP FUNCTION provenance_settle(uuid[])"),
        migrations.RunSQL(
            VIDEO,
            "DROP TRIGGER provenance_video_descends ON provenance_video; DROP FUNCTION provenance_video_descends()",
        ),
        migrations.RunSQL(
            EDGE,
            "DROP TRIGGER provenance_edge_descends ON provenance_lineage; DROP FUNCTION provenance_edge_descends()",
        ),
        migrations.RunSQL(
            APPEARANCE,
            """
            DROP TRIGGER provenance_appearance_added ON provenance_appearance;
            DROP TRIGGER provenance_appearance_changed ON provenance_appearance;
            DROP TRIGGER provenance_appearance_gone ON provenance_appearance;
            DROP FUNCTION provenance_appearance_settles()
            """,
        ),
        migrations.RunSQL(BACKFILL, migrations.RunSQL.noop),
    ]
