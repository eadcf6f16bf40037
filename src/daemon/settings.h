#pragma once

/* Settings: what the configuration means for each part of the daemon. */

#include "conn/door.h"
#include "daemon/config.h"

/* Fill in everything but seed and time. Views borrow the configuration. */
void ald_settings_hub(const struct ald_config *config, struct ald_hub_config *hub);
/* Everything but net, hub and watch. */
void ald_settings_edge(const struct ald_config *config, struct ald_edge_spec *edge);
struct ald_door_limits ald_settings_door(const struct ald_config *config);
/* The deadlines of a stream that a door accepts, before it is anything but a visitor. */
void ald_settings_stream(const struct ald_config *config, struct ald_stream_options *options);
