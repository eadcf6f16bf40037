#pragma once

/*
 * The table of settings: the one source of parsing, defaults, `--check`, the help and the manual page.
 *
 * X(KEY, section, key, type, default, min, max, text)
 *
 * `type` is an ALD_CONFIG_* of config.h; min and max bound numbers, sizes in bytes, durations in microseconds and the
 * length of texts. A default that the machine decides is written out by config_default.c, and is NULL here. Limits that
 * belong to the hub have the defaults of hub/config.c, which gives their reasons; a test compares the two.
 */

#include "base/defs.h"
#include "msg/address.h"

#define ALD_CONFIG_HOUR (3600 * ALD_SEC)

/* Longest interval that makes sense for something that repeats: beyond a day it is a mistake in the unit. */
#define ALD_CONFIG_LONG (24 * ALD_CONFIG_HOUR)

#define ALD_CONFIG_KEYS(X)                                                                                             \
    X(HUB_ID, "hub", "id", NAME, NULL, 1, ALD_NAME_MAX,                                                                \
      "Name of this hub. The default is the host name, with _ for what may not stand in a name.")                      \
    X(HUB_CONTROLLER, "hub", "controller", TEXT, "", 0, ALD_NAME_MAX,                                                  \
      "Target that gets the commands addressed to the hub which the hub does not answer itself. Empty: they are "      \
      "refused as unknown.")                                                                                           \
    X(HUB_PRIMARY_ONLY, "hub", "primary_only", TEXT, "", 0, 4096,                                                      \
      "Commands that only the primary channel of its target may submit: names separated by commas, a * at the end "    \
      "of one stands for any rest. Empty: there are none.")                                                            \
    X(HUB_PEERS, "hub", "peers", TEXT, "", 0, 4096,                                                                    \
      "Other hubs that this one calls and stays linked with, separated by commas: ws://HOST:PORT, wss://HOST:PORT or " \
      "unix:PATH. Commands find their way over any number of them.")                                                   \
    X(HUB_PEERS_TOKEN, "hub", "peers_token", PATH, "", 0, 4096,                                                        \
      "File with the token that this hub shows to those it calls. Empty: it shows none.")                              \
    X(HUB_PEERS_CA, "hub", "peers_ca", PATH, "", 0, 4096,                                                              \
      "PEM file with the authorities that prove the certificates of hubs called over wss. Empty: those that the "      \
      "system trusts.")                                                                                                \
    X(HUB_PEERS_CERT, "hub", "peers_cert", PATH, "", 0, 4096,                                                          \
      "PEM file with the certificate that this hub shows to those it calls over wss. Empty: none.")                    \
    X(HUB_PEERS_KEY, "hub", "peers_key", PATH, "", 0, 4096,                                                            \
      "PEM file with its private key. Empty: the key is in peers_cert.")                                               \
    X(HUB_HOPS_MAX, "hub", "hops_max", NUMBER, "16", 1, 255,                                                           \
      "Hubs that a command may pass on its way; one that would need more is refused.")                                 \
    X(HUB_DRAIN_TIMEOUT, "hub", "drain_timeout", DURATION, "5s", 0, ALD_CONFIG_HOUR,                                   \
      "After SIGTERM, how long running commands may go on before everybody is cut.")                                   \
    X(HUB_IO_THREADS, "hub", "io_threads", NUMBER, "0", 0, 0,                                                          \
      "Threads that do input and output. Only 0 is possible so far: the thread of the hub does it.")                   \
    X(HTTP_LISTEN, "http", "listen", ADDRESSES, "127.0.0.1:8062", 0, 4096,                                             \
      "Where the HTTP door listens: host:port, several separated by commas; port 0 picks a free one. Empty: nowhere.") \
    X(HTTP_TLS_CERT, "http", "tls_cert", PATH, "", 0, 4096,                                                            \
      "PEM file with the certificate and its chain. With it the HTTP door speaks TLS only.")                           \
    X(HTTP_TLS_KEY, "http", "tls_key", PATH, "", 0, 4096,                                                              \
      "PEM file with the private key. Empty: the key is in tls_cert.")                                                 \
    X(HTTP_TLS_CLIENT_CA, "http", "tls_client_ca", PATH, "", 0, 4096,                                                  \
      "PEM file with the authorities of client certificates. With it every client must show a certificate; with "      \
      "[auth] tokens beside it, a certificate or a token.")                                                            \
    X(HTTP_NAMES, "http", "names", TEXT, "", 0, 4096,                                                                  \
      "Host names, separated by commas, that the HTTP door is called by beside addresses, localhost and those in "     \
      "listen. Without [auth] a request that comes over loopback for another name is refused: a page in a browser "    \
      "may have made up that name.")                                                                                   \
    X(HTTP_INSECURE, "http", "insecure", YES, "no", 0, 1,                                                              \
      "Listen on addresses that other machines can reach although nobody proves who they are.")                        \
    X(UNIX_PATH, "unix", "path", PATH, NULL, 0, 107,                                                                   \
      "Socket of the Unix door. The default is /run/aldis/aldis.sock for root, else "                                  \
      "$XDG_RUNTIME_DIR/aldis/aldis.sock (no Unix door without that variable). Empty: no Unix door.")                  \
    X(UNIX_MODE, "unix", "mode", MODE, "0600", 0, 0777,                                                                \
      "Permissions of the socket; without [auth] tokens, who may write to it may do everything.")                      \
    X(EXCHANGE_IDENTIFIER, "exchange", "identifier", NAME, "exchange", 1, ALD_NAME_MAX,                                \
      "Identifier of this exchange, as existing controllers have one; shown by the API.")                              \
    X(EXCHANGE_MANAGEMENT, "exchange", "management", YES, "yes", 0, 1,                                                 \
      "Serve the management endpoints of the original at /exchange and /_node/exchange.")                              \
    X(EXCHANGE_REPLY_TIMEOUT, "exchange", "reply_timeout", DURATION, "60s", ALD_MSEC, ALD_CONFIG_LONG,                 \
      "Deadline of a command whose sender names none.")                                                                \
    X(EXCHANGE_HELLO_TIMEOUT, "exchange", "hello_timeout", DURATION, "10s", ALD_MSEC, ALD_CONFIG_HOUR,                 \
      "From the upgrade to the hello of a connector; who says none is cut.")                                           \
    X(EXCHANGE_PING_INTERVAL, "exchange", "ping_interval", DURATION, "5s", 100 * ALD_MSEC, ALD_CONFIG_LONG,            \
      "Between two pings to a connector.")                                                                             \
    X(EXCHANGE_PONG_TIMEOUT, "exchange", "pong_timeout", DURATION, "15s", 100 * ALD_MSEC, ALD_CONFIG_LONG,             \
      "Without a byte from the connector for so long after a ping, its link is dead.")                                 \
    X(EXCHANGE_HEALTHCHECK_INTERVAL, "exchange", "healthcheck_interval", DURATION, "30s", 0, ALD_CONFIG_LONG,          \
      "Between two health checks of a channel, give or take a quarter. 0: no health checks.")                          \
    X(EXCHANGE_HEALTHCHECK_TIMEOUT, "exchange", "healthcheck_timeout", DURATION, "10s", ALD_MSEC, ALD_CONFIG_LONG,     \
      "A health check without an answer for so long has failed.")                                                      \
    X(EXCHANGE_HEALTHCHECK_FAILURES, "exchange", "healthcheck_failures", NUMBER, "3", 1, 1000,                         \
      "So many failed health checks in a row, and the channel is asked to leave.")                                     \
    X(EXCHANGE_PRIMARY_TIMEOUT, "exchange", "primary_timeout", DURATION, "10s", ALD_MSEC, ALD_CONFIG_LONG,             \
      "For a connector to confirm that it is, or is no longer, primary; then another one is elected.")                 \
    X(COMMUNICATOR_UNIX, "communicator", "unix", PATH, "", 0, 107,                                                     \
      "Socket for services of the communicator family; customary is /run/communicator/communicatord.sock. Empty: "     \
      "none.")                                                                                                         \
    X(COMMUNICATOR_UNIX_GROUP, "communicator", "unix_group", TEXT, "", 0, 64,                                          \
      "Group of that socket, by name or number. Empty: that of the hub.")                                              \
    X(COMMUNICATOR_UNIX_MODE, "communicator", "unix_mode", MODE, "0660", 0, 0777, "Permissions of that socket.")       \
    X(COMMUNICATOR_TCP, "communicator", "tcp", ADDRESSES, "", 0, 4096,                                                 \
      "Where services come in over TCP: loopback addresses only; customary is 127.0.0.1:4040. Empty: nowhere.")        \
    X(COMMUNICATOR_UDP, "communicator", "udp", ADDRESSES, "", 0, 4096,                                                 \
      "Where messages come in as datagrams, one each; customary is 127.0.0.1:4041. Empty: nowhere.")                   \
    X(COMMUNICATOR_BROADCAST, "communicator", "broadcast", ADDRESSES, "", 0, 4096,                                     \
      "Interfaces on which datagrams to everybody there are taken as well: eth0:4041. Empty: none.")                   \
    X(COMMUNICATOR_REMOTE, "communicator", "remote", ADDRESSES, "", 0, 4096,                                           \
      "Where other hubs come in over TCP: an address of a private network, or loopback; customary is port 4042. "      \
      "Empty: nowhere.")                                                                                               \
    X(COMMUNICATOR_SECURE, "communicator", "secure", ADDRESSES, "", 0, 4096,                                           \
      "Where other hubs, and services from elsewhere, come in over TLS; customary is port 4043. Empty: nowhere.")      \
    X(COMMUNICATOR_INSECURE, "communicator", "insecure", YES, "no", 0, 1,                                              \
      "Listen on addresses that other machines can reach although nobody proves who they are. Daemons that are no "    \
      "aldis can prove nothing.")                                                                                      \
    X(COMMUNICATOR_SECRET, "communicator", "secret", TEXT, "", 0, 256,                                                 \
      "What datagrams must have as their secret_code. Empty: they need none.")                                         \
    X(COMMUNICATOR_USERNAME, "communicator", "username", TEXT, "", 0, 256,                                             \
      "Name that others show with password on the doors remote and secure to be let in. Empty: they need none.")       \
    X(COMMUNICATOR_PASSWORD, "communicator", "password", TEXT, "", 0, 256, "And the password.")                        \
    X(COMMUNICATOR_TLS_CERT, "communicator", "tls_cert", PATH, "", 0, 4096,                                            \
      "PEM file with the certificate, and its chain, of the door secure.")                                             \
    X(COMMUNICATOR_TLS_KEY, "communicator", "tls_key", PATH, "", 0, 4096,                                              \
      "PEM file with its private key. Empty: the key is in tls_cert.")                                                 \
    X(COMMUNICATOR_TLS_CA, "communicator", "tls_ca", PATH, "", 0, 4096,                                                \
      "PEM file with the authorities that prove certificates: of who comes in at the door secure, who must then show " \
      "one, and of neighbors called over TLS (cds://). Empty: nobody is asked for one, and neighbors are proved by "   \
      "what the system trusts.")                                                                                       \
    X(COMMUNICATOR_ADMIN_GROUP, "communicator", "admin_group", TEXT, "", 0, 64,                                        \
      "Group whose members may send STOP, SHUTDOWN, FORGET and LOG_ROTATE over a Unix socket, as root and the user "   \
      "of the hub may. Empty: none.")                                                                                  \
    X(COMMUNICATOR_MY_ADDRESS, "communicator", "my_address", TEXT, "", 0, 64,                                          \
      "Address, with or without a port (4042), that other hubs are told to call. Empty: the first of remote, else of " \
      "secure.")                                                                                                       \
    X(COMMUNICATOR_NEIGHBORS, "communicator", "neighbors", TEXT, "", 0, 8192,                                          \
      "Addresses of other hubs, separated by commas or blanks: IP, IP:PORT (4042), or cds://IP:PORT (4043) for TLS, "  \
      "with USER:PASSWORD@ before the address where that hub wants them (over TLS, else username and password of "     \
      "this section). More are learnt from these.")                                                                    \
    X(COMMUNICATOR_SERVICES_DIR, "communicator", "services_dir", PATH, "", 0, 4096,                                    \
      "Folder whose files NAME.service name the services that come and go here: messages for these may wait for "      \
      "them. Read again at SIGHUP. Empty: nothing waits.")                                                             \
    X(COMMUNICATOR_DATA_DIR, "communicator", "data_dir", PATH, "", 0, 4096,                                            \
      "Folder for neighbors.txt, cluster-status.txt and loadavg.lavg; customary is /var/lib/communicator. Empty: "     \
      "nothing is kept.")                                                                                              \
    X(COMMUNICATOR_FLAGS_DIR, "communicator", "flags_dir", PATH, "", 0, 4095,                                          \
      "Folder of flags, messages to an administrator that the hub shows, and raises some of; customary is "            \
      "/var/lib/communicator/flags. Empty: none are shown.")                                                           \
    X(COMMUNICATOR_LINE_MAX, "communicator", "line_max", SIZE, "16MiB", 1024, ALD_MIB * 1024, "Longest message.")      \
    X(COMMUNICATOR_MAX_CONNECTIONS, "communicator", "max_connections", NUMBER, "16384", 5, 10000000,                   \
      "Connections at once on the doors of this section; more are turned away.")                                       \
    X(COMMUNICATOR_HELLO_TIMEOUT, "communicator", "hello_timeout", DURATION, "60s", ALD_MSEC, ALD_CONFIG_HOUR,         \
      "Who has said nothing valid for so long after it came in is cut.")                                               \
    X(COMMUNICATOR_HEALTHCHECK_INTERVAL, "communicator", "healthcheck_interval", DURATION, "30s", 0, ALD_CONFIG_LONG,  \
      "Another hub that has said nothing for so long is asked whether it is alive; 0: never. Services are asked as "   \
      "[exchange] says.")                                                                                              \
    X(COMMUNICATOR_HEALTHCHECK_FAILURES, "communicator", "healthcheck_failures", NUMBER, "3", 1, 1000,                 \
      "Intervals without a word from another hub until its link is given up; ways over others are taken then.")        \
    X(COMMUNICATOR_GOSSIP_MAX, "communicator", "gossip_max", DURATION, "1h", ALD_SEC, ALD_CONFIG_LONG,                 \
      "Longest pause between two attempts to make a neighbor call that should call this hub.")                         \
    X(LINK_SECRET, "link", "secret", PATH, NULL, 0, 4095,                                                              \
      "File with the secret that the tokens of hosts and controls at /api/socket are signed with, in base64; made at " \
      "the first start. The default is /var/lib/aldis/link.secret for root, else aldis/link.secret in "                \
      "$XDG_STATE_HOME or ~/.local/state. Empty: one that is forgotten when the hub stops.")                           \
    X(LINK_SESSION_TIMEOUT, "link", "session_timeout", DURATION, "60s", 100 * ALD_MSEC, ALD_CONFIG_LONG,               \
      "How long a host or control may be without a connection until its session ends.")                                \
    X(LINK_HEARTBEAT_INTERVAL, "link", "heartbeat_interval", DURATION, "15s", 100 * ALD_MSEC, ALD_CONFIG_HOUR,         \
      "Between two heartbeats, either way; without one for twice as long a connection is cut.")                        \
    X(LINK_ALIAS, "link", "alias", TEXT, "", 0, 65536,                                                                 \
      "Integers for targets that have other names, and names for integers: NAME=host 100, OTHER=instance 7, "          \
      "separated by commas.")                                                                                          \
    X(LINK_SCHEMAS, "link", "schemas", PATH, "", 0, 4095,                                                              \
      "Folder with the messages that have a schema, one JSON document in each file NAME.json: what their payloads "    \
      "must look like, whoever sends them. Read again at SIGHUP. Empty: none, but those added over the API.")          \
    X(LINK_STRICT, "link", "strict", YES, "no", 0, 1,                                                                  \
      "What a party of the dialect link sends under a name without a schema is refused, as by the original. no: it "   \
      "is passed on, as that of all others always is.")                                                                \
    X(AUTH_TOKENS, "auth", "tokens", PATH, "", 0, 4095,                                                                \
      "File of tokens: who may come in, and what they may do; read again at SIGHUP and when it changes. Empty: "       \
      "nobody "                                                                                                        \
      "has to prove who they are.")                                                                                    \
    X(LIMITS_DEADLINE_MAX, "limits", "deadline_max", DURATION, "24h", ALD_MSEC, 365 * ALD_CONFIG_LONG,                 \
      "Longest deadline of a command; a longer one is cut to it.")                                                     \
    X(LIMITS_CONNECTIONS_MAX, "limits", "connections_max", NUMBER, "65536", 1, 10000000,                               \
      "Connections at once, on all doors.")                                                                            \
    X(LIMITS_GREETING_MAX, "limits", "greeting_max", NUMBER, "16384", 1, 10000000,                                     \
      "Connections of one door at once that have not said hello (HTTP clients never do); more are turned away.")       \
    X(LIMITS_GREETING_BYTES, "limits", "greeting_bytes", SIZE, "64KiB", 1024, ALD_MIB * 1024,                          \
      "Bytes taken from a connection before its hello is accepted.")                                                   \
    X(LIMITS_REQUEST_TIMEOUT, "limits", "request_timeout", DURATION, "5s", ALD_MSEC, ALD_CONFIG_HOUR,                  \
      "From the accept, or the first byte of a further request, to the end of the request; includes a TLS handshake. " \
      "Each 256 KiB of a large body have it anew.")                                                                    \
    X(LIMITS_IDLE_TIMEOUT, "limits", "idle_timeout", DURATION, "30s", ALD_MSEC, ALD_CONFIG_LONG,                       \
      "An HTTP connection that was answered may be idle for so long. A reader has as long for each 64 KiB of an "      \
      "answer or a stream, or for all that waits.")                                                                    \
    X(LIMITS_REQUESTS_MAX, "limits", "requests_max", NUMBER, "10000", 1, UINT32_MAX,                                   \
      "Requests on one HTTP connection; the answer to the last one closes it.")                                        \
    X(LIMITS_BODY_MAX, "limits", "body_max", SIZE, "8KiB", 0, ALD_MIB * 1024,                                          \
      "Body of an HTTP request that brings no message.")                                                               \
    X(LIMITS_STREAMS_MAX, "limits", "streams_max", NUMBER, "1000", 0, 1000000,                                         \
      "Readers of /api/v1/events at once; more are turned away.")                                                      \
    X(LIMITS_MESSAGE_MAX, "limits", "message_max", SIZE, "13107200", 1024, ALD_MIB * 1024,                             \
      "Largest message of a party.")                                                                                   \
    X(LIMITS_REASSEMBLY_MAX, "limits", "reassembly_max", SIZE, "256MiB", 1024, ALD_MIB * 1024 * 1024,                  \
      "Memory for messages and large bodies of requests that are coming in, of all connections together; and as "      \
      "much, but at least 64 MiB, for answers over HTTP that wait to be read.")                                        \
    X(LIMITS_COMMANDS_MAX, "limits", "commands_max", NUMBER, "200000", 1, UINT32_MAX,                                  \
      "Commands without an outcome, in all.")                                                                          \
    X(LIMITS_CHANNEL_IN_FLIGHT_MAX, "limits", "channel_in_flight_max", NUMBER, "1024", 1, UINT32_MAX,                  \
      "Commands sent to one channel and not answered; more are queued.")                                               \
    X(LIMITS_CHANNEL_QUEUE_MAX, "limits", "channel_queue_max", NUMBER, "10000", 0, UINT32_MAX,                         \
      "Commands that wait for one channel, or for any channel of one target; more are refused as busy.")               \
    X(LIMITS_CHANNEL_QUEUE_BYTES_MAX, "limits", "channel_queue_bytes_max", SIZE, "64MiB", 0, ALD_MIB * 1024 * 1024,    \
      "The same in bytes; a command that waits alone may be larger.")                                                  \
    X(LIMITS_QUEUE_BYTES_MAX, "limits", "queue_bytes_max", SIZE, "256MiB", 0, ALD_MIB * 1024 * 1024,                   \
      "Bytes of all commands that wait, in all.")                                                                      \
    X(LIMITS_CALLER_IN_FLIGHT_MAX, "limits", "caller_in_flight_max", NUMBER, "10000", 1, UINT32_MAX,                   \
      "Commands of one connection that have no outcome yet; more are refused as busy.")                                \
    X(LIMITS_OUT_BYTES_MAX, "limits", "out_bytes_max", SIZE, "64MiB", 1024, ALD_MIB * 1024 * 1024,                     \
      "Bytes said to one connection that it has not read; beyond it the connection is cut. A message counts for at "   \
      "most half of them.")                                                                                            \
    X(LIMITS_OUT_BYTES_HIGH, "limits", "out_bytes_high", SIZE, "1MiB", 1024, ALD_MIB * 1024 * 1024,                    \
      "Beyond it nothing is read from the connection, and no further command is sent to it.")                          \
    X(LIMITS_ATTEMPTS_MAX, "limits", "attempts_max", NUMBER, "3", 1, 255, "Attempts of an idempotent command.")        \
    X(LIMITS_STEP_WORK, "limits", "step_work", NUMBER, "256", 1, 65536,                                                \
      "Deliveries in one step of the hub, before it looks at the sockets again.")                                      \
    X(LIMITS_LEAVE_TIMEOUT, "limits", "leave_timeout", DURATION, "5s", 0, ALD_CONFIG_HOUR,                             \
      "From the goodbye to a party until it is cut.")                                                                  \
    X(LIMITS_STALL_TIMEOUT, "limits", "stall_timeout", DURATION, "30s", ALD_MSEC, ALD_CONFIG_LONG,                     \
      "A connection that reads nothing of what waits for it for so long is cut.")                                      \
    X(LIMITS_HUBS_MAX, "limits", "hubs_max", NUMBER, "1024", 1, 65536,                                                 \
      "Hubs of one graph that are known here, with this one.")                                                         \
    X(LIMITS_HUB_TARGETS_MAX, "limits", "hub_targets_max", NUMBER, "100000", 1, UINT32_MAX,                            \
      "Targets that one other hub may say it has; more are not known here.")                                           \
    X(LIMITS_ROUTE_FACTS_MAX, "limits", "route_facts_max", NUMBER, "250000", 1, UINT32_MAX,                            \
      "Targets and links that all other hubs may say they have, together.")                                            \
    X(LIMITS_PEER_IN_FLIGHT_MAX, "limits", "peer_in_flight_max", NUMBER, "50000", 1, UINT32_MAX,                       \
      "Commands in flight over one link to another hub, either way: see channel_in_flight_max and "                    \
      "caller_in_flight_max.")                                                                                         \
    X(LIMITS_HOLD_MAX, "limits", "hold_max", NUMBER, "10000", 0, UINT32_MAX,                                           \
      "Events held for services that are expected and not there; more are dropped.")                                   \
    X(LIMITS_HOLD_TARGET_MAX, "limits", "hold_target_max", NUMBER, "2000", 0, UINT32_MAX, "The same for one service.") \
    X(LIMITS_HOLD_BYTES_MAX, "limits", "hold_bytes_max", SIZE, "64MiB", 0, ALD_MIB * 1024 * 1024,                      \
      "Bytes of all events that are held.")                                                                            \
    X(LIMITS_HOLD_TARGET_BYTES_MAX, "limits", "hold_target_bytes_max", SIZE, "16MiB", 0, ALD_MIB * 1024 * 1024,        \
      "The same for one service.")                                                                                     \
    X(LIMITS_HOLD_TTL, "limits", "hold_ttl", DURATION, "60s", ALD_SEC, ALD_CONFIG_LONG,                                \
      "How long an event is held whose sender does not say.")                                                          \
    X(LIMITS_BROADCASTS_MAX, "limits", "broadcasts_max", NUMBER, "1000", 1, UINT32_MAX,                                \
      "Broadcasts that are being delivered; more are dropped.")                                                        \
    X(LIMITS_BROADCASTS_BYTES_MAX, "limits", "broadcasts_bytes_max", SIZE, "64MiB", 1024, ALD_MIB * 1024 * 1024,       \
      "The same in bytes.")                                                                                            \
    X(LIMITS_REPLAY_MAX, "limits", "replay_max", NUMBER, "1000", 0, UINT32_MAX,                                        \
      "Events of one name that are remembered for who missed them.")                                                   \
    X(LIMITS_REPLAY_NAME_BYTES_MAX, "limits", "replay_name_bytes_max", SIZE, "8MiB", 0, ALD_MIB * 1024 * 1024,         \
      "And as long as they hold no more than this, payloads included.")                                                \
    X(LIMITS_REPLAY_BYTES_MAX, "limits", "replay_bytes_max", SIZE, "64MiB", 0, ALD_MIB * 1024 * 1024,                  \
      "The same of all names together.")                                                                               \
    X(LIMITS_REPLAY_AGE, "limits", "replay_age", DURATION, "1h", 0, ALD_CONFIG_LONG, "And for how long.")              \
    X(LIMITS_HISTORY_MAX, "limits", "history_max", NUMBER, "10000", 0, UINT32_MAX,                                     \
      "Outcomes remembered, so that one can ask for them.")                                                            \
    X(LIMITS_HISTORY_AGE, "limits", "history_age", DURATION, "10m", 0, 365 * ALD_CONFIG_LONG, "And for how long.")     \
    X(LIMITS_HISTORY_BYTES_MAX, "limits", "history_bytes_max", SIZE, "64MiB", 0, ALD_MIB * 1024 * 1024,                \
      "And as long as they hold no more than this, payloads included.")                                                \
    X(LIMITS_COMMANDS_BYTES_MAX, "limits", "commands_bytes_max", SIZE, "512MiB", 1024, ALD_MIB * 1024 * 1024,          \
      "Held by all commands without an outcome, payloads included; more is refused as busy.")                          \
    X(LOG_LEVEL, "log", "level", CHOICE, "info", 0, 0,                                                                 \
      "error, warning, info or debug; each includes those before it.")                                                 \
    X(LOG_FORMAT, "log", "format", CHOICE, "text", 0, 0, "text for people or json (one object a line) for programs.")
