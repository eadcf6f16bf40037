#include "daemon/config.h"
#include "daemon/peer.h"
#include "lib/test.h"

static struct ald_config *config_make(void)
{
    static const char *const fallbacks[ALD_N_KEYS] = {
        [ALD_KEY_HUB_ID] = "here",
        [ALD_KEY_UNIX_PATH] = "/run/aldis/aldis.sock",
        [ALD_KEY_LINK_SECRET] = "",
    };
    struct ald_config *config = NULL;

    ald_check_int(ald_config_new(fallbacks, &config), 0);
    return config;
}

/* Options for -s, each fine by itself, NULL at the end: together they are refused, with a line that ends so. */
static void refuses(const char *const options[], const char *line)
{
    ALD_AUTO(ald_config_free) struct ald_config *config = config_make();
    struct ald_config_why why = {""};

    for (size_t i = 0; options[i] != NULL; i++) {
        ald_check_int(ald_config_set(config, ald_str(options[i]), &why), 0);
    }
    ald_check_int(ald_config_check(config, &why), ALD_CONFIG_BAD);
    ald_check_str(ald_str(why.text), line);
}

static void accepts(const char *const options[])
{
    ALD_AUTO(ald_config_free) struct ald_config *config = config_make();
    struct ald_config_why why = {""};

    for (size_t i = 0; options[i] != NULL; i++) {
        ald_check_int(ald_config_set(config, ald_str(options[i]), &why), 0);
    }
    ald_check_int(ald_config_check(config, &why), 0);
    ald_check_str(ald_str(why.text), "");
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

ALD_TEST(config_communicator, opens_the_local_door_on_loopback_only)
{
    accepts(WORDS("communicator.tcp=127.0.0.1:4040, [::1]:4040, localhost:0"));
    refuses(WORDS("communicator.tcp=127.0.0.1:1,10.0.0.1:4040"),
            "-s communicator.tcp: 10.0.0.1 is no loopback address; other machines come in at remote and secure");
    refuses(WORDS("communicator.tcp=*:4040"),
            "-s communicator.tcp: * is no loopback address; other machines come in at remote and secure");
    refuses(WORDS("communicator.tcp=example.org:4040"),
            "-s communicator.tcp: example.org is a name; an address is needed here");
}

ALD_TEST(config_communicator, opens_the_door_for_other_hubs_in_private_networks_only)
{
    accepts(WORDS("communicator.remote=10.0.0.1:4042", "communicator.insecure=yes"));
    accepts(WORDS("communicator.remote=127.0.0.2:4042"));
    accepts(WORDS("communicator.remote=[fd00::1]:4042", "auth.tokens=x"));
    refuses(WORDS("communicator.remote=0.0.0.0:4042", "communicator.insecure=yes"),
            "-s communicator.remote: 0.0.0.0 is every address of this machine; name one of a private network");
    refuses(WORDS("communicator.remote=[::]:4042", "communicator.insecure=yes"),
            "-s communicator.remote: :: is every address of this machine; name one of a private network");
    refuses(
        WORDS("communicator.remote=192.0.2.1:4042", "communicator.insecure=yes"),
        "-s communicator.remote: 192.0.2.1 is not of a private network (10/8, 172.16/12, 192.168/16, fd00::/8); use "
        "secure");
    refuses(
        WORDS("communicator.remote=10.0.0.1:4042"),
        "-s communicator.remote: 10.0.0.1 can be reached from other machines and nobody there has to prove who they "
        "are; set username and password, [auth] tokens, or insecure = yes");
}

ALD_TEST(config_communicator, wants_to_know_who_comes_in_from_elsewhere)
{
    refuses(WORDS("communicator.secure=*:4043"),
            "-s communicator.secure: * can be reached from other machines and nobody there has to prove who they are; "
            "set username and password, tls_ca, [auth] tokens, or insecure = yes");
    accepts(WORDS("communicator.secure=*:4043", "communicator.tls_cert=/c", "communicator.tls_ca=/a"));
    accepts(WORDS("communicator.secure=*:4043", "communicator.tls_cert=/c", "communicator.username=u",
                  "communicator.password=p"));
    refuses(WORDS("communicator.udp=10.255.255.255:4041"),
            "-s communicator.udp: 10.255.255.255 can be reached from other machines and nobody there has to know a "
            "secret; set secret, or insecure = yes");
    refuses(
        WORDS("communicator.broadcast=eth0:4041"),
        "-s communicator.broadcast: other machines can send there and need not know a secret; set secret, or insecure "
        "= yes");
    accepts(WORDS("communicator.broadcast=eth0:4041", "communicator.secret=s"));
    accepts(WORDS("communicator.udp=127.0.0.1:4041"));
    accepts(WORDS("communicator.udp=10.255.255.255:4041", "communicator.secret=s"));
}

ALD_TEST(config_communicator, wants_what_belongs_together)
{
    refuses(WORDS("communicator.secure=127.0.0.1:4043"),
            "-s communicator.secure: needs [communicator] tls_cert beside it");
    refuses(WORDS("communicator.tls_key=/k"), "-s communicator.tls_key: needs [communicator] tls_cert beside it");
    refuses(WORDS("communicator.username=u"), "-s communicator.username: needs [communicator] password beside it");
    refuses(WORDS("communicator.password=p"), "-s communicator.password: needs [communicator] username beside it");
    refuses(WORDS("communicator.unix_group=users"), "-s communicator.unix_group: needs [communicator] unix beside it");
    refuses(WORDS("hub.peers_token=/t"), "-s hub.peers_token: needs [hub] peers beside it");
    refuses(WORDS("communicator.tcp=127.0.0.1:0", "communicator.line_max=1GiB"),
            "-s communicator.line_max: 1GiB is more than [limits] out_bytes_max, which is 64MiB");
    accepts(WORDS("communicator.line_max=1GiB"));
}

ALD_TEST(config_communicator, knows_an_address_when_it_sees_one)
{
    accepts(WORDS("communicator.my_address=10.0.0.1"));
    accepts(WORDS("communicator.my_address=[fd00::1]:4042"));
    refuses(WORDS("communicator.my_address=zork"),
            "-s communicator.my_address: \"zork\" is no IP address, with or without a port");
    refuses(WORDS("communicator.my_address=10.0.0.1:0"),
            "-s communicator.my_address: \"10.0.0.1:0\" is no IP address, with or without a port");
    refuses(WORDS("communicator.my_address=0.0.0.0"), "-s communicator.my_address: nobody can call 0.0.0.0");
}

ALD_TEST(config_communicator, knows_neighbors_and_does_not_repeat_their_passwords)
{
    accepts(
        WORDS("communicator.neighbors=10.0.0.2 10.0.0.3:4042,cds://u:p@10.0.0.4", "communicator.my_address=10.0.0.1"));
    refuses(
        WORDS("communicator.neighbors=10.0.0.2"),
        "-s communicator.neighbors: needs my_address, remote or secure beside it: which of two hubs calls the other "
        "depends on their addresses");
    refuses(WORDS("communicator.neighbors=cds://u:secret@zork", "communicator.my_address=10.0.0.1"),
            "-s communicator.neighbors: \"cds\" is no neighbor; they are written 10.0.0.2, 10.0.0.2:4042 or "
            "cds://USER:PASSWORD@10.0.0.2:4043");
    refuses(WORDS("communicator.neighbors=0.0.0.0", "communicator.my_address=10.0.0.1"),
            "-s communicator.neighbors: nobody can be called at 0.0.0.0");
}

ALD_TEST(config_communicator, knows_the_urls_of_peers)
{
    accepts(WORDS("hub.peers=ws://a:1, wss://b , unix:/run/x.sock"));
    refuses(WORDS("hub.peers=ws://a:1,"), "-s hub.peers: \"\": between commas stands the URL of a hub");
    refuses(WORDS("hub.peers=ws://a:1,cd://b"),
            "-s hub.peers: \"cd://b\": a hub does this only at unix:, ws:// and wss://");
    refuses(WORDS("hub.peers=ws://a:0"), "-s hub.peers: \"ws://a:0\": the port must be a number from 1 to 65535");
}

ALD_TEST(config_communicator, is_enough_of_a_door)
{
    accepts(WORDS("http.listen=", "unix.path=", "communicator.unix=/run/c.sock"));
    refuses(WORDS("http.listen=", "unix.path=", "communicator.udp=127.0.0.1:0"),
            "-s http.listen: empty like [unix] path: no door would be open");
}

ALD_TEST_MAIN(config_communicator, ALD_CASE(config_communicator, opens_the_local_door_on_loopback_only),
              ALD_CASE(config_communicator, opens_the_door_for_other_hubs_in_private_networks_only),
              ALD_CASE(config_communicator, wants_to_know_who_comes_in_from_elsewhere),
              ALD_CASE(config_communicator, wants_what_belongs_together),
              ALD_CASE(config_communicator, knows_an_address_when_it_sees_one),
              ALD_CASE(config_communicator, knows_neighbors_and_does_not_repeat_their_passwords),
              ALD_CASE(config_communicator, knows_the_urls_of_peers),
              ALD_CASE(config_communicator, is_enough_of_a_door))
