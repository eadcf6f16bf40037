#pragma once

/* Notify: tell a supervisor that asks for it (systemd's NOTIFY_SOCKET) what state we are in. */

/* `state` is "READY=1", "STOPPING=1". Does nothing without a supervisor; one that does not listen is none. */
void ald_notify(const char *state);
