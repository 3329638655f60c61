"""The one SQL database: engine, tables, migrations; it knows no room's meaning."""
