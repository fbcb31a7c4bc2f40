"""Returns settled by word, notes, dossiers, outreach sessions, ratings, mergers of duplicates."""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0070"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attendances",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("session_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("household_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("member_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "id", name=op.f("pk_attendances")),
    )
    with op.batch_alter_table("attendances", schema=None) as batch_op:
        batch_op.create_index("ix_attendances_household", ["province_code", "household_id"], unique=False)
        batch_op.create_index("ix_attendances_session", ["province_code", "session_id"], unique=False)

    op.create_table(
        "dossier_results",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("household_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("dossier_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column(
            "result",
            sa.Enum("received", "more_needed", "refused", name="dossierresult", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("person_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "id", name=op.f("pk_dossier_results")),
    )
    with op.batch_alter_table("dossier_results", schema=None) as batch_op:
        batch_op.create_index("ix_dossier_results_household", ["province_code", "household_id"], unique=False)

    op.create_table(
        "dossiers",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("commune_code", sa.String(5), nullable=False),
        sa.Column("hamlet_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("household_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("member_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("service", sa.String(40), nullable=False),
        sa.Column("result_on", sa.Date(), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "id", name=op.f("pk_dossiers")),
    )
    with op.batch_alter_table("dossiers", schema=None) as batch_op:
        batch_op.create_index("ix_dossiers_household", ["province_code", "household_id"], unique=False)

    op.create_table(
        "merger_arrivals",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("merger_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("operation_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint(
            "province_code", "merger_id", "operation_id", name=op.f("pk_merger_arrivals")
        ),
    )
    op.create_table(
        "mergers",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("commune_code", sa.String(5), nullable=False),
        sa.Column("hamlet_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("kept_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("lost_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("lost", sa.JSON(), nullable=False),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=True),
        sa.PrimaryKeyConstraint("province_code", "id", name=op.f("pk_mergers")),
    )
    with op.batch_alter_table("mergers", schema=None) as batch_op:
        batch_op.create_index("ix_mergers_lost", ["province_code", "lost_id"], unique=False)

    op.create_table(
        "notes",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("commune_code", sa.String(5), nullable=False),
        sa.Column("hamlet_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("household_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("text", sa.String(300), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "id", name=op.f("pk_notes")),
    )
    with op.batch_alter_table("notes", schema=None) as batch_op:
        batch_op.create_index("ix_notes_household", ["province_code", "household_id"], unique=False)

    op.create_table(
        "notes_done",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("household_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("note_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "id", name=op.f("pk_notes_done")),
    )
    with op.batch_alter_table("notes_done", schema=None) as batch_op:
        batch_op.create_index("ix_notes_done_household", ["province_code", "household_id"], unique=False)

    op.create_table(
        "outreach_sessions",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("commune_code", sa.String(5), nullable=False),
        sa.Column("hamlet_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column(
            "place",
            sa.Enum(
                "market",
                "meeting_house",
                "centre",
                "school",
                "other",
                name="sessionplace",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("service", sa.String(40), nullable=False),
        sa.Column("people_count", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(500), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "id", name=op.f("pk_outreach_sessions")),
    )
    with op.batch_alter_table("outreach_sessions", schema=None) as batch_op:
        batch_op.create_index(
            "ix_outreach_sessions_place", ["province_code", "commune_code", "recorded_at"], unique=False
        )

    op.create_table(
        "ratings",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("commune_code", sa.String(5), nullable=False),
        sa.Column("hamlet_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("household_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("visit_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("smiley", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "id", name=op.f("pk_ratings")),
    )
    with op.batch_alter_table("ratings", schema=None) as batch_op:
        batch_op.create_index("ix_ratings_household", ["province_code", "household_id"], unique=False)

    op.create_table(
        "settlements",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("household_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("follow_up_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column(
            "settled_as",
            sa.Enum("done", "cancelled", name="settled", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("why", sa.String(300), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "id", name=op.f("pk_settlements")),
    )
    with op.batch_alter_table("settlements", schema=None) as batch_op:
        batch_op.create_index("ix_settlements_follow_up", ["province_code", "follow_up_id"], unique=False)
        batch_op.create_index("ix_settlements_household", ["province_code", "household_id"], unique=False)

    op.create_table(
        "told_apart",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("one_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("other_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "one_id", "other_id", name=op.f("pk_told_apart")),
    )
    with op.batch_alter_table("follow_ups", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("person_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=True)
        )

    with op.batch_alter_table("observations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reason", sa.String(300), server_default="", nullable=False))

    with op.batch_alter_table("visits", schema=None) as batch_op:
        batch_op.add_column(sa.Column("companions", sa.JSON(), server_default="[]", nullable=False))
