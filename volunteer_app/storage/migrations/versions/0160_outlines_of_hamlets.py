"""Outlines of hamlets, for a commune that has drawn them."""

import sqlalchemy as sa
from alembic import op

revision = "0160"
down_revision = "0171"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hamlet_boundaries",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("hamlet_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("own_path", sa.Text(), nullable=False),
        sa.Column("own_width", sa.Integer(), nullable=False),
        sa.Column("own_height", sa.Integer(), nullable=False),
        sa.Column("map_path", sa.Text(), nullable=False),
        sa.Column("map_x", sa.Integer(), nullable=False),
        sa.Column("map_y", sa.Integer(), nullable=False),
        sa.Column("map_width", sa.Integer(), nullable=False),
        sa.Column("map_height", sa.Integer(), nullable=False),
        sa.Column("west", sa.Float(), nullable=False),
        sa.Column("south", sa.Float(), nullable=False),
        sa.Column("east", sa.Float(), nullable=False),
        sa.Column("north", sa.Float(), nullable=False),
        sa.Column("label_x", sa.Integer(), nullable=False),
        sa.Column("label_y", sa.Integer(), nullable=False),
        sa.Column("label_size", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "hamlet_id", name="pk_hamlet_boundaries"),
        sa.ForeignKeyConstraint(
            ["province_code", "hamlet_id"],
            ["hamlets.province_code", "hamlets.id"],
            name="fk_hamlet_boundaries_province_code_hamlet_id",
        ),
    )
