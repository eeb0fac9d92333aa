"""Back up a service's database, see what there is, prove that it restores, and put it back. Only a restore changes
the service, and only at its very end."""

from bot.domain.command import Command, Verb
from bot.domain.run import Lock
from commands.backup.make import make
from commands.backup.record import LIMIT
from commands.backup.requests import BackupDb, BackupRestore, BackupStatus, BackupVerify
from commands.backup.restore import plan_restore, restore
from commands.backup.status import status
from commands.backup.verify import verify
from permissions.model import BACKUP_CREATE, BACKUP_READ, BACKUP_RESTORE, BACKUP_VERIFY, Risk

COMMAND = Command(
    "/backup",
    "Back up a database, see the backups, prove that one restores, put one back.",
    (
        Verb(
            "db",
            BackupDb,
            None,
            make,
            permission=BACKUP_CREATE,
            risk=Risk.RECORD,
            help="Dump the database into the backup store. Only reads the database.",
            example="/backup db shop production",
            deadline=LIMIT,
        ),
        Verb(
            "status",
            BackupStatus,
            None,
            status,
            permission=BACKUP_READ,
            risk=Risk.READ,
            help="The backups on record, newest first, and which of them were verified.",
            example="/backup status shop production",
        ),
        Verb(
            "verify",
            BackupVerify,
            None,
            verify,
            permission=BACKUP_VERIFY,
            risk=Risk.RECORD,
            help="Read a backup to its end and restore a copy on a scratch server, never on the service's own.",
            example="/backup verify shop production latest",
            deadline=2 * LIMIT,
        ),
        Verb(
            "restore",
            BackupRestore,
            plan_restore,
            restore,
            permission=BACKUP_RESTORE,
            risk=Risk.DESTRUCTIVE,
            help="Put a backup back in the place of the database in use, which is kept; or into a new one beside it.",
            example="/backup restore shop production latest",
            lock=Lock.DATA,
            deadline=4 * LIMIT,
        ),
    ),
    sets=frozenset({"five", "core", "all"}),
)
