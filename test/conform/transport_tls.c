/*
 * TLS: who is let in and who is not, and what is known of them. What it does like every stack is in
 * transport_conform.c.
 */

#include "conform/rig.h"

#include <stdio.h>
#include <unistd.h>

#include "lib/tls_cert.h"

static const struct stack tls_tcp = {"tls+tcp", ALD_BOTTOM_TCP, true, false};
static const struct stack tls_unix = {"tls+unix", ALD_BOTTOM_UNIX, true, false};
static const struct stack tls_inproc = {"tls+inproc", ALD_BOTTOM_INPROC, true, false};

enum { OFFICE_HOUR = 60 * 60 };

/* Certificates of all kinds, in files. */
struct office {
    struct tls_cert *ca, *other_ca, *server, *stranger, *client;
    struct tls_cert *expired, *unborn, *nameless; /* of servers; the last bears no name that can be dialed */
    char dir[200];
    char paths[64][256];
    size_t n_paths;
};

/* A path in the office's folder, removed with it. */
static const char *office_path(struct office *office, const char *name)
{
    char *path = office->paths[office->n_paths++];

    ald_check(office->n_paths <= ALD_COUNT(office->paths));
    snprintf(path, sizeof(office->paths[0]), "%s/%zu %s", office->dir, office->n_paths, name);
    return path;
}

static const char *office_cert(struct office *office, const char *name, const struct tls_cert *cert)
{
    const char *path = office_path(office, name);

    tls_cert_save(cert, path);
    return path;
}

static const char *office_key(struct office *office, const char *name, const struct tls_cert *cert)
{
    const char *path = office_path(office, name);

    tls_cert_save_key(cert, path);
    return path;
}

static void office_open(struct office *office)
{
    *office = (struct office){0};
    snprintf(office->dir, sizeof(office->dir), "%s/office.XXXXXX", P_tmpdir);
    ald_check(mkdtemp(office->dir) != NULL);
    office->ca = tls_cert_new("the ca", NULL, NULL);
    office->other_ca = tls_cert_new("another ca", NULL, NULL);
    office->server = tls_cert_new("server", "DNS:localhost,DNS:hub.example,IP:127.0.0.1", office->ca);
    office->stranger = tls_cert_new("stranger", "DNS:localhost,IP:127.0.0.1", office->other_ca);
    office->client = tls_cert_new("agent seven", NULL, office->ca);
    office->expired = tls_cert_new("server", "DNS:localhost,IP:127.0.0.1", office->ca);
    office->unborn = tls_cert_new("server", "DNS:localhost,IP:127.0.0.1", office->ca);
    office->nameless = tls_cert_new("somebody", NULL, office->ca);
    tls_cert_date(office->expired, -2 * OFFICE_HOUR, -OFFICE_HOUR, office->ca);
    tls_cert_date(office->unborn, OFFICE_HOUR, 2 * OFFICE_HOUR, office->ca);
}

static void office_close(struct office *office)
{
    for (size_t i = 0; i < office->n_paths; i++) {
        unlink(office->paths[i]);
    }
    ald_check_int(rmdir(office->dir), 0);
    tls_cert_free(office->ca);
    tls_cert_free(office->other_ca);
    tls_cert_free(office->server);
    tls_cert_free(office->stranger);
    tls_cert_free(office->client);
    tls_cert_free(office->expired);
    tls_cert_free(office->unborn);
    tls_cert_free(office->nameless);
}

/* Give the rig a server with `cert` that asks for clients of the CA, or not, and a client. */
static void rig_secure(struct rig *rig, struct office *office, const struct tls_cert *cert, bool ask,
                       const struct tls_cert *client, bool insecure)
{
    const char *ca = office_cert(office, "ca", office->ca);
    struct ald_tls_server_spec server = {
        .cert_file = office_cert(office, "cert", cert),
        .key_file = office_key(office, "key", cert),
        .client_ca_file = ask ? ca : NULL,
    };
    struct ald_tls_client_spec mine = {.ca_file = ca, .insecure = insecure};
    struct ald_why why = {""};

    if (client != NULL) {
        mine.cert_file = office_cert(office, "client cert", client);
        mine.key_file = office_key(office, "client key", client);
    }
    rig->server_tls = ald_tls_unref(rig->server_tls);
    rig->client_tls = ald_tls_unref(rig->client_tls);
    ald_check_int(ald_tls_server_new(&server, &rig->server_tls, &why), 0);
    ald_check_int(ald_tls_client_new(&mine, &rig->client_tls, &why), 0);
}

ALD_TEST(tls, knows_a_client_by_its_certificate)
{
    struct office office;
    struct ald_peer peer;
    struct rig rig;

    office_open(&office);
    rig_open(&rig, &tls_inproc);
    rig_secure(&rig, &office, office.server, true, office.client, false);
    rig_join(&rig);
    ald_stream_peer(rig.far.stream, &peer);
    ald_check(peer.tls && peer.tls_verified);
    ald_check_str(ald_str(peer.tls_subject), "CN=agent seven");
    ald_check_str(ald_str(peer.tls_common_name), "agent seven");
    ald_check_str(ald_str(peer.tls_sni), "localhost");
    ald_check(strncmp(peer.tls_version, "TLSv1.", 6) == 0);
    ald_check(peer.tls_cipher[0] != '\0');
    rig_close(&rig);
    office_close(&office);
}

/* With TLS 1.3 a client is done before the server has judged its certificate; it may open, and is then closed. */
static void turns_away(struct office *office, const struct tls_cert *client)
{
    struct rig rig;

    rig_open(&rig, &tls_tcp);
    rig_secure(&rig, office, office->server, true, client, false);
    rig_listen(&rig);
    rig_dial(&rig);
    rig_until(&rig, rig.far.closed && rig.near.closed);
    ald_check(!rig.far.opened);
    ald_check_int(rig.far.end.cause, ALD_END_TLS);
    ald_check_int(rig.near.end.cause, ALD_END_TLS); /* it was told by an alert */
    rig_close(&rig);
}

ALD_TEST(tls, turns_away_clients_without_a_certificate_or_with_a_foreign_one)
{
    struct office office;

    office_open(&office);
    turns_away(&office, NULL);
    turns_away(&office, office.stranger);
    turns_away(&office, office.expired);
    office_close(&office);
}

static void distrusts(struct office *office, const struct tls_cert *cert, const char *name, const char *words)
{
    struct rig rig;

    rig_open(&rig, &tls_inproc);
    rig_secure(&rig, office, cert, false, NULL, false);
    rig_listen(&rig);
    rig.tls_name = name;
    rig_dial(&rig);
    rig_until(&rig, rig.near.closed && rig.far.closed);
    ald_check(!rig.near.opened && !rig.far.opened);
    ald_check_int(rig.near.end.cause, ALD_END_TLS);
    ald_check(strstr(rig.near.why, words) != NULL);

    /* Told not to mind, it takes it. */
    end_free(&rig.near);
    end_free(&rig.far);
    rig.near.closed = rig.far.closed = false;
    rig_secure(&rig, office, cert, false, NULL, true);
    rig_dial(&rig);
    rig_until(&rig, rig.near.opened && rig.far.opened);
    rig_close(&rig);
}

ALD_TEST(tls, distrusts_servers_that_cannot_prove_who_they_are)
{
    struct office office;

    office_open(&office);
    distrusts(&office, office.stranger, NULL, "unable to get local issuer certificate");
    distrusts(&office, office.server, "elsewhere.example", "hostname mismatch");
    distrusts(&office, office.server, "127.0.0.2", "IP address mismatch");
    distrusts(&office, office.nameless, NULL, "hostname mismatch");
    distrusts(&office, office.expired, NULL, "certificate has expired");
    distrusts(&office, office.unborn, NULL, "certificate is not yet valid");
    office_close(&office);
}

/* What nobody was told to trust is not trusted: without a file it is what the system trusts, which our CA is not. */
ALD_TEST(tls, trusts_only_what_the_system_does_unless_told_otherwise)
{
    struct ald_why why = {""};
    struct office office;
    struct rig rig;

    office_open(&office);
    rig_open(&rig, &tls_tcp);
    rig_secure(&rig, &office, office.server, false, NULL, false);
    rig.client_tls = ald_tls_unref(rig.client_tls);
    ald_check_int(ald_tls_client_new(&(struct ald_tls_client_spec){0}, &rig.client_tls, &why), 0);
    rig_listen(&rig);
    rig_dial(&rig);
    rig_until(&rig, rig.near.closed && rig.far.closed);
    ald_check(!rig.near.opened && !rig.far.opened);
    ald_check_int(rig.near.end.cause, ALD_END_TLS);
    ald_check(strstr(rig.near.why, "unable to get local issuer certificate") != NULL);
    rig_close(&rig);
    office_close(&office);
}

/* It asks, and takes who shows none; who shows one has to prove it. */
static void asks_politely(struct office *office, const struct tls_cert *client, bool opens, const char *name)
{
    const char *ca = office_cert(office, "ca", office->ca);
    struct ald_tls_server_spec server = {
        .cert_file = office_cert(office, "cert", office->server),
        .key_file = office_key(office, "key", office->server),
        .client_ca_file = ca,
        .client_may_be_bare = true,
    };
    struct ald_why why = {""};
    struct ald_peer peer;
    struct rig rig;

    rig_open(&rig, &tls_tcp);
    rig_secure(&rig, office, office->server, false, client, false);
    rig.server_tls = ald_tls_unref(rig.server_tls);
    ald_check_int(ald_tls_server_new(&server, &rig.server_tls, &why), 0);
    rig_listen(&rig);
    rig_dial(&rig);
    rig_until(&rig, rig.far.opened || rig.far.closed);
    ald_check_int(rig.far.opened, opens);
    if (opens) {
        ald_stream_peer(rig.far.stream, &peer);
        ald_check_int(peer.tls_verified, client != NULL);
        ald_check_str(ald_str(peer.tls_common_name), name);
    } else {
        ald_check_int(rig.far.end.cause, ALD_END_TLS);
    }
    rig_close(&rig);
}

ALD_TEST(tls, may_ask_for_a_certificate_without_insisting)
{
    struct office office;

    office_open(&office);
    asks_politely(&office, NULL, true, "");
    asks_politely(&office, office.client, true, "agent seven");
    asks_politely(&office, office.stranger, false, "");
    asks_politely(&office, office.expired, false, "");
    office_close(&office);
}

ALD_TEST(tls, checks_the_name_it_was_told_and_addresses_too)
{
    struct office office;
    struct ald_peer peer;
    struct rig rig;

    office_open(&office);
    rig_open(&rig, &tls_inproc);
    rig_secure(&rig, &office, office.server, false, NULL, false);
    rig.tls_name = "hub.example";
    rig_join(&rig);
    ald_stream_peer(rig.far.stream, &peer);
    ald_check_str(ald_str(peer.tls_sni), "hub.example");
    rig_close(&rig);

    rig_open(&rig, &tls_tcp); /* dials 127.0.0.1, which is in the certificate */
    rig_secure(&rig, &office, office.server, false, NULL, false);
    rig_join(&rig);
    ald_stream_peer(rig.far.stream, &peer);
    ald_check_str(ald_str(peer.tls_sni), ""); /* RFC 6066 3: no address is sent */
    rig_close(&rig);
    office_close(&office);
}

static void refuses_server(const struct ald_tls_server_spec *spec, const char *file)
{
    struct ald_tls *tls = NULL;
    struct ald_why why = {""};

    ald_check_int(ald_tls_server_new(spec, &tls, &why), ALDIS_E_TLS);
    ald_check(tls == NULL);
    ald_check(strstr(why.text, file) != NULL);
    ald_check(strlen(why.text) > strlen(file) + 10); /* and says why */
}

ALD_TEST(tls, names_the_file_that_cannot_be_used)
{
    struct office office;
    const char *cert, *key, *wrong, *none, *junk;
    struct ald_tls *tls = NULL;
    struct ald_why why = {""};
    FILE *file;

    office_open(&office);
    cert = office_cert(&office, "cert", office.server);
    key = office_key(&office, "key", office.server);
    wrong = office_key(&office, "wrong key", office.client);
    none = office_path(&office, "missing");
    junk = office_path(&office, "junk");
    file = fopen(junk, "w");
    ald_check(file != NULL && fputs("not PEM\n", file) >= 0 && fclose(file) == 0);

    refuses_server(&(struct ald_tls_server_spec){.cert_file = none, .key_file = key}, none);
    refuses_server(&(struct ald_tls_server_spec){.cert_file = junk, .key_file = key}, junk);
    refuses_server(&(struct ald_tls_server_spec){.cert_file = cert, .key_file = none}, none);
    refuses_server(&(struct ald_tls_server_spec){.cert_file = cert, .key_file = wrong}, wrong);
    refuses_server(&(struct ald_tls_server_spec){.cert_file = cert, .key_file = junk}, junk);
    refuses_server(&(struct ald_tls_server_spec){.cert_file = cert}, cert); /* it has no key in it */
    refuses_server(&(struct ald_tls_server_spec){.cert_file = cert, .key_file = key, .client_ca_file = none}, none);
    ald_check_int(ald_tls_client_new(&(struct ald_tls_client_spec){.ca_file = none}, &tls, &why), ALDIS_E_TLS);
    ald_check(strstr(why.text, none) != NULL);
    office_close(&office);
}

/* Bytes end where TLS did not say so: somebody may have cut them. */
ALD_TEST(tls, tells_a_truncation_from_an_end)
{
    struct rig rig;

    rig_open(&rig, &tls_inproc);
    rig_join(&rig);
    end_say(&rig.near, "half of what I wa");
    rig_until(&rig, rig.far.n_bytes == 17);
    ald_stream_close(rig.near.stream, 1000, ALD_STR(""));
    rig_until(&rig, rig.far.closed);
    ald_check_int(rig.far.end.cause, ALD_END_PEER);
    ald_check_int(ald_net_counters(rig.net)->tls_truncated, 0);
    rig_close(&rig);

    rig_open(&rig, &tls_unix); /* whose bytes end alike in both cases */
    rig_join(&rig);
    end_say(&rig.near, "half of what I wa");
    rig_until(&rig, rig.far.n_bytes == 17);
    ald_stream_abort(rig.near.stream);
    rig_until(&rig, rig.far.closed);
    ald_check_int(rig.far.end.cause, ALD_END_BROKEN);
    ald_check_int(ald_net_counters(rig.net)->tls_truncated, 1);
    rig_close(&rig);
}

ALD_TEST(tls, takes_no_data_before_a_handshake)
{
    struct rig rig;

    rig_open(&rig, &tls_inproc);
    rig_listen(&rig);
    rig_dial_part(&rig, false, false);
    /* A record of application data, well formed. */
    ald_stream_push_copy(rig.near.stream, ALD_CHUNK_BYTES,
                         ALD_STR("\x17\x03\x03\x00\x04"
                                 "data"),
                         0);
    rig_until(&rig, rig.far.closed && rig.near.closed);
    ald_check_int(rig.far.end.cause, ALD_END_TLS);
    ald_check_int(ald_net_counters(rig.net)->tls_failures, 1);
    rig_close(&rig);
}

ALD_TEST_MAIN(tls, ALD_CASE(tls, knows_a_client_by_its_certificate),
              ALD_CASE(tls, turns_away_clients_without_a_certificate_or_with_a_foreign_one),
              ALD_CASE(tls, distrusts_servers_that_cannot_prove_who_they_are),
              ALD_CASE(tls, trusts_only_what_the_system_does_unless_told_otherwise),
              ALD_CASE(tls, may_ask_for_a_certificate_without_insisting),
              ALD_CASE(tls, checks_the_name_it_was_told_and_addresses_too),
              ALD_CASE(tls, names_the_file_that_cannot_be_used), ALD_CASE(tls, tells_a_truncation_from_an_end),
              ALD_CASE(tls, takes_no_data_before_a_handshake))
