"""The places, what imports did to them, and what the installation knows about itself."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def an_id() -> sa.types.TypeEngine:
    return sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")


def unit_columns(code_length: int) -> list[sa.Column]:
    return [
        sa.Column("code", sa.String(code_length), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("full_name", sa.String(120), nullable=False),
        sa.Column("alt_names", sa.JSON(), nullable=False),
        sa.Column("area_km2", sa.Float(), nullable=True),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.Column("label_lon", sa.Float(), nullable=True),
        sa.Column("label_lat", sa.Float(), nullable=True),
        sa.Column("search", sa.Text(), nullable=False),
    ]


def upgrade() -> None:
    create_units()
    create_boundaries()
    create_hamlets()
    create_imports()
    op.create_table(
        "installation",
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_installation"),
    )


def create_units() -> None:
    op.create_table("provinces", *unit_columns(2), sa.PrimaryKeyConstraint("code", name="pk_provinces"))
    op.create_table(
        "communes",
        *unit_columns(5),
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_communes"),
        sa.ForeignKeyConstraint(["province_code"], ["provinces.code"], name="fk_communes_province_code"),
    )
    op.create_index("ix_communes_province_code", "communes", ["province_code"])
    op.create_table(
        "former_units",
        sa.Column("former_code", sa.String(5), nullable=False),
        sa.Column("commune_code", sa.String(5), nullable=False),
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("former_name", sa.String(80), nullable=False),
        sa.Column("former_district", sa.String(80), nullable=False),
        sa.Column("former_province", sa.String(80), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("former_code", "commune_code", name="pk_former_units"),
        sa.ForeignKeyConstraint(["commune_code"], ["communes.code"], name="fk_former_units_commune_code"),
    )


def create_boundaries() -> None:
    op.create_table(
        "boundaries",
        sa.Column("code", sa.String(5), nullable=False),
        sa.Column("level", sa.String(8), nullable=False),
        sa.Column("province_code", sa.String(2), nullable=False),
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
        sa.PrimaryKeyConstraint("code", name="pk_boundaries"),
    )
    op.create_index("ix_boundaries_province_code", "boundaries", ["province_code"])


def create_hamlets() -> None:
    op.create_table(
        "hamlets",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("id", an_id(), nullable=False),
        sa.Column("commune_code", sa.String(5), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("former_commune", sa.String(80), nullable=False),
        sa.Column("household_count", sa.Integer(), nullable=True),
        sa.Column("household_count_source", sa.String(200), nullable=False),
        sa.Column("household_count_date", sa.Date(), nullable=True),
        sa.Column("languages", sa.JSON(), nullable=False),
        sa.Column("signal", sa.String(20), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "id", name="pk_hamlets"),
        sa.ForeignKeyConstraint(["province_code"], ["provinces.code"], name="fk_hamlets_province_code"),
        sa.ForeignKeyConstraint(["commune_code"], ["communes.code"], name="fk_hamlets_commune_code"),
    )
    op.create_index("ix_hamlets_place", "hamlets", ["province_code", "commune_code"])
    op.create_table(
        "hamlet_predecessors",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("hamlet_id", an_id(), nullable=False),
        sa.Column("predecessor_id", an_id(), nullable=False),
        sa.PrimaryKeyConstraint(
            "province_code", "hamlet_id", "predecessor_id", name="pk_hamlet_predecessors"
        ),
        sa.ForeignKeyConstraint(
            ["province_code", "hamlet_id"],
            ["hamlets.province_code", "hamlets.id"],
            name="fk_hamlet_predecessors_province_code_hamlet_id",
        ),
        sa.ForeignKeyConstraint(
            ["province_code", "predecessor_id"],
            ["hamlets.province_code", "hamlets.id"],
            name="fk_hamlet_predecessors_province_code_predecessor_id",
        ),
    )


def create_imports() -> None:
    op.create_table(
        "imports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", an_id(), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_imports"),
    )
