"""Pure stage logic: events in, events out. Opens no socket and reads no clock but the injected one."""
