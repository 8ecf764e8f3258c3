"""What happens to actions and missions may be told to another program, by the outbox as all else."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def _allow_voies(*voies: str) -> None:
    with op.batch_alter_table("outbox") as batch:
        batch.drop_constraint(batch.f("ck_outbox__voie"), type_="check")
        batch.create_check_constraint(batch.f("ck_outbox__voie"), f"voie IN {voies}")


def upgrade() -> None:
    _allow_voies("courrier", "resume", "portail", "rocketchat", "webhook")


def downgrade() -> None:
    op.execute("DELETE FROM outbox WHERE voie = 'webhook'")
    _allow_voies("courrier", "resume", "portail", "rocketchat")
