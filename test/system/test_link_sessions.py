"""Sessions of links, what they count, and how much of it there may be, over real sockets."""

import asyncio
import contextlib
import json
import unittest

import websockets

from cli_rig import aldis
from harness import PATIENCE, Connector, wait_until_async
from link_party import Closed, Link, LinkCase


class Sessions(LinkCase):
    def test_a_cut_session_resumes_and_loses_nothing(self):
        async def run():
            async with Link(hub, host=4, handlers={"E": lambda request: request["data"]}) as host:
                async with Link(hub) as control:
                    await control.call([1, 4], "E", data=1)
                    await host.cut()
                    waiting = [await control.ask([1, 4], "E", data=n) for n in range(10)]
                    answer = await host.resume()
                    self.assertEqual(answer["type"], "continue")
                    self.assertEqual(answer["data"]["lastSeq"], 1)
                    for n, future in enumerate(waiting):
                        self.assertEqual((await asyncio.wait_for(future, PATIENCE))["data"], n)
                    self.assertEqual(len(host.requests), 11)

        hub = self.hub()
        self.run_async(run())
        self.assertEqual(self.link_counter(hub, "session_resumed"), 1)

    def test_an_answer_after_a_resume_still_finds_its_question(self):
        async def run():
            async with Link(hub, host=4) as host, Link(hub) as control:
                future = await control.ask([1, 4], "E")
                await wait_until_async(lambda: host.requests, "the request")
                await host.ack()
                await host.cut()
                await host.resume()
                await host.answer(host.requests[0], data="late")
                self.assertEqual((await asyncio.wait_for(future, PATIENCE))["data"], "late")

        hub = self.hub()
        self.run_async(run())

    def test_an_unknown_session_is_invalidated_and_may_register(self):
        async def run():
            link = Link(hub, host=4)
            link.session = "nobody's"
            answer = await link.resume()
            self.assertEqual(answer, {"type": "invalidate"})
            await link.register()
            link.run()
            self.assertEqual((await link.call([0, 0], "PingRequest"))["type"], "response")
            await link.close()

        hub = self.hub()
        self.run_async(run())

    def test_what_was_sent_twice_is_done_once(self):
        async def run():
            async with Link(hub, host=4) as host, Link(hub) as control:
                await control.event([1, 4], "N", data=1)
                await control.send(control.sent[-1])
                await control.send({**control.sent[-1], "seq": -5, "data": 3})
                await control.event([1, 4], "N", data=2)
                await wait_until_async(lambda: len(host.events) == 3, "the events")
                self.assertEqual([event["data"] for event in host.events], [1, 3, 2])

        hub = self.hub()
        self.run_async(run())
        self.assertEqual(self.link_counter(hub, "repeated_sequence"), 1)
        self.assertEqual(self.link_counter(hub, "odd_sequence"), 1)

    def test_lost_session_answers_those_who_wait(self):
        async def run():
            async with Link(hub) as control:
                host = await Link(hub, host=4).open()
                future = await control.ask([1, 4], "E")
                await wait_until_async(lambda: host.requests, "the request")
                await host.send({"type": "disconnect", "data": "bogus"})
                closed = await host.ended()
                self.assertEqual((closed.code, closed.reason), (4000, "Malformed message"))
                answer = await asyncio.wait_for(future, PATIENCE)
                self.assertEqual(answer["src"], [1, 4])
                self.assertEqual(answer["data"], {"message": "Session Closed", "code": "SessionLost"})
                host.stop()
                self.assertEqual((await host.resume())["type"], "invalidate")
                await host.ws.close()

        hub = self.hub()
        self.run_async(run())

    def test_orderly_disconnect_of_the_peer(self):
        async def run():
            host = await Link(hub, host=4).open()
            await host.send({"type": "disconnect", "data": "prepare"})
            closed = await host.ended()
            self.assertEqual(host.disconnects, ["ready"])
            self.assertEqual((closed.code, closed.reason), (1000, "Disconnect"))
            host.stop()

        hub = self.hub()
        self.run_async(run())

    def test_orderly_disconnect_of_the_hub(self):
        async def run():
            host = await Link(hub, host=4).open()
            hub.send_signal(15)
            await wait_until_async(lambda: host.disconnects, "the goodbye")
            self.assertEqual(host.disconnects, ["prepare"])
            await host.send({"type": "disconnect", "data": "ready"})
            closed = await host.ended()
            self.assertEqual((closed.code, closed.reason), (1001, "Server Quit"))
            host.stop()

        hub = self.hub()
        self.run_async(run())
        self.assertEqual(hub.wait(), 0)

    def test_whoever_is_sent_away_says_its_last_words_before_it_is_ready(self):
        """link.md 3.5, with a request to answer as without."""
        async def run(busy):
            async with Link(hub) as control:
                host = await Link(hub, host=4).open()
                future = await control.ask([1, 4], "E") if busy else None
                await wait_until_async(lambda: len(host.requests) == int(busy), "the request")
                (channel,) = hub.get("/api/v1/channels?target=4")["channels"]
                done = await asyncio.to_thread(aldis, "-H", f"unix:{hub.unix}", "channels", "--close", channel["id"])
                self.assertEqual(done.status, 0, done.err)
                await wait_until_async(lambda: host.disconnects == ["prepare"], "the goodbye")
                if busy:
                    await host.answer(host.requests[0], data="late")
                    self.assertEqual((await asyncio.wait_for(future, PATIENCE))["data"], "late")
                await host.event(control.src, "LastWords")
                await wait_until_async(lambda: control.events, "its last words")
                await host.send({"type": "disconnect", "data": "ready"})
                closed = await host.ended()
                self.assertEqual((closed.code, closed.reason), (1000, "Disconnect"))
                host.stop()

        hub = self.hub("limits.leave_timeout=60s")
        for busy in (False, True):
            with self.subTest(busy=busy):
                self.run_async(run(busy))

    def stops(self, hub):
        hub.send_signal(15)
        return wait_until_async(lambda: hub.state()["draining"], "the drain")

    def test_while_the_hub_stops_sessions_are_resumed_and_answers_arrive(self):
        """link.md 2.3, 5."""
        async def run():
            host, control = await Link(hub, host=4).open(), await Link(hub).open()
            waiting = [await control.ask([1, 4], "E", data=n) for n in range(3)]
            await wait_until_async(lambda: len(host.requests) == 3, "the requests")
            await self.stops(hub)
            for party in (control, host):
                await party.cut()
                self.assertEqual((await party.resume())["type"], "continue")
            for n, request in enumerate(host.requests):
                await host.answer(request, data=n)
            for n, future in enumerate(waiting):
                self.assertEqual((await asyncio.wait_for(future, PATIENCE))["data"], n)
            for party in (control, host):
                await wait_until_async(lambda party=party: party.disconnects == ["prepare"], "the goodbye")
                await party.send({"type": "disconnect", "data": "ready"})
                closed = await party.ended()
                self.assertEqual((closed.code, closed.reason), (1001, "Server Quit"))
                party.stop()

        hub = self.hub("hub.drain_timeout=60s")
        self.run_async(run())
        self.assertEqual(hub.wait(), 0)

    def test_a_hub_that_stops_waits_for_whoever_an_answer_is_for(self):
        async def run():
            host, control = await Link(hub, host=4).open(), await Link(hub).open()
            future = await control.ask([1, 4], "E")
            await wait_until_async(lambda: host.requests, "the request")
            await control.cut()
            await self.stops(hub)
            await host.answer(host.requests[0], data="kept")
            await wait_until_async(lambda: host.disconnects, "the goodbye")
            await host.send({"type": "disconnect", "data": "ready"})
            await host.ended()
            host.stop()
            self.assertEqual((await control.resume())["type"], "continue")
            self.assertEqual((await asyncio.wait_for(future, PATIENCE))["data"], "kept")
            await wait_until_async(lambda: control.disconnects, "the goodbye")
            await control.send({"type": "disconnect", "data": "ready"})
            await control.ended()
            control.stop()

        hub = self.hub("hub.drain_timeout=60s")
        self.run_async(run())
        self.assertEqual(hub.wait(), 0)

    def test_nobody_registers_while_the_hub_stops(self):
        async def run():
            host, control = await Link(hub, host=4).open(), await Link(hub).open()
            future = await control.ask([1, 4], "E")
            await wait_until_async(lambda: host.requests, "the request")
            await self.stops(hub)
            late = Link(hub, host=5)
            late.session = "nobody's"
            self.assertEqual(await late.resume(), {"type": "invalidate"})
            await late.send(late.registration())
            with self.assertRaises(Closed) as closed:
                await late.receive()
            self.assertEqual((closed.exception.code, closed.exception.reason), (1001, "Shutting down"))
            await host.answer(host.requests[0])
            await asyncio.wait_for(future, PATIENCE)
            await host.close()
            await control.close()

        hub = self.hub("hub.drain_timeout=60s")
        self.run_async(run())
        self.assertEqual(hub.wait(), 0)

    def test_newer_connection_of_a_host_takes_its_place(self):
        async def run():
            first = await Link(hub, host=4).open()
            async with Link(hub, host=4) as second:
                closed = await first.ended()
                self.assertEqual((closed.code, closed.reason),
                                 (1008, "Newer connection for host from same address"))
                self.assertEqual((await second.call([0, 0], "PingRequest"))["type"], "response")
            first.stop()

        hub = self.hub()
        self.run_async(run())


    def test_a_second_host_of_a_number_from_another_address_is_turned_away(self):
        async def run():
            async with Link(hub, host=4) as first:
                second = Link(hub, host=4, place="127.0.0.2")
                for _ in range(2):
                    await second.dial()
                    await second.send(second.registration())
                    with self.assertRaises(Closed) as closed:
                        await second.receive()
                    self.assertEqual((closed.exception.code, closed.exception.reason),
                                     (1008, "Host already connected from another address"))
                self.assertEqual((await first.call([0, 0], "PingRequest"))["type"], "response")
                await first.cut()
                await wait_until_async(lambda: hub.channels("4")[0]["state"] == "away", "the loss of the first")
                # It may have moved; and who comes back to the session that it had is told so.
                async with second:
                    self.assertEqual((await second.call([0, 0], "PingRequest"))["type"], "response")
                    self.assertEqual((await first.resume())["type"], "invalidate")
                    await first.send(first.registration())
                    with self.assertRaises(Closed) as closed:
                        await first.receive()
                    self.assertEqual(closed.exception.code, 1008)

        hub = self.hub()
        self.run_async(run())

    def test_what_waits_for_a_host_that_never_comes_back_is_told(self):
        async def run():
            async with Link(hub) as control, Link(hub, host=4) as host:
                sent = await control.ask([1, 4], "foo:Sent")
                await wait_until_async(lambda: host.requests, "it has the first")
                await host.cut()
                await wait_until_async(lambda: hub.channels("4")[0]["state"] == "away", "it is away")
                waiting = await control.ask([1, 4], "foo:Waiting")
                self.assertEqual((await asyncio.wait_for(waiting, PATIENCE))["data"], {"message": "Host 4 is offline"})
                self.assertEqual((await asyncio.wait_for(sent, PATIENCE))["data"]["code"], "SessionLost")

        hub = self.hub("link.session_timeout=1s")
        self.run_async(run())


    def test_the_id_of_a_host_that_somebody_else_has_is_not_free(self):
        async def refused():
            link = Link(hub, host=4)
            await link.dial()
            await link.send(link.registration())
            with self.assertRaises(Closed) as closed:
                await link.receive()
            return closed.exception.code, closed.exception.reason

        async def run():
            async with Connector(hub.url(), target="4"):
                self.assertEqual(await refused(), (1008, "Host id is not free: the target is taken by a party of "
                                                         "another protocol"))
                async with Connector(hub.url(), target="4"):
                    self.assertEqual(await refused(), (1008, "Host id is not free: the target is shared by several"))
            async with Connector(hub.url(), target="control-1"), Link(hub) as control:
                self.assertEqual(control.src, [3, 2])

        hub = self.hub()
        self.run_async(run())

    def test_who_came_back_from_elsewhere_is_there_and_not_where_he_was(self):
        async def run():
            first = await Link(hub, host=4, place="127.0.0.2").open()
            await first.cut()
            first.place = None
            self.assertEqual((await first.resume())["type"], "continue")
            self.assertRegex(hub.channels("4")[0]["peer"], r"\A127\.0\.0\.1:")
            async with Link(hub, host=4) as second:
                self.assertEqual((await first.ended()).reason, "Newer connection for host from same address")
                self.assertEqual((await second.call([0, 0], "PingRequest"))["type"], "response")
            first.stop()

        hub = self.hub()
        self.run_async(run())


class Counted(LinkCase):
    """docs/wire-link.md 5: what counts which bad input."""

    def test_acknowledgements_of_what_was_never_said(self):
        async def run():
            async with Link(hub) as control:
                await control.send({"type": "heartbeat", "seq": 99999})
                await control.call([0, 0], "PingRequest")

        hub = self.hub()
        self.run_async(run())
        self.assertEqual(self.link_counter(hub, "acknowledged_unsaid"), 1)

    def test_answers_that_nobody_asked_for(self):
        async def run():
            async with Link(hub, host=4) as host:
                for dst in ([0, 0, 77], [3, 5, 1], [0, 0]):
                    await host.say({"type": "response", "src": [1, 4], "dst": dst})
                await host.call([0, 0], "PingRequest")

        hub = self.hub()
        self.run_async(run())
        self.assertEqual(hub.counter("replies_stray"), 3)
        self.assertEqual(self.link_counter(hub, "stray_answer"), 1)

    def test_resumes_that_name_what_cannot_be(self):
        async def run():
            control = await Link(hub).open()
            await control.call([0, 0], "PingRequest")
            await control.ack()
            await control.call([0, 0], "PingRequest")
            await control.cut()
            for last, answer in ((999, "invalidate"), (None, "invalidate"), (2, "continue")):
                control.last = last
                self.assertEqual((await control.resume())["type"], answer)
            await control.close()

        hub = self.hub()
        self.run_async(run())
        self.assertEqual(hub.counter("sessions_torn"), 2)
        self.assertEqual(self.link_counter(hub, "session_invalidated"), 2)
        self.assertEqual(self.link_counter(hub, "session_resumed"), 1)

    def test_controls_that_ask_to_be_let_in(self):
        async def run():
            async with Link(hub):
                other = Link(hub, shown="nothing")
                await other.dial()
                await other.send(other.registration())
                with self.assertRaises(Closed):
                    await other.receive()

        hub = self.hub()
        self.run_async(run())
        self.assertEqual(self.link_counter(hub, "controls_asked"), 2)
        self.assertEqual(self.link_counter(hub, "register_refused"), 1)


class Load(LinkCase):
    def test_large_messages_pass_and_larger_ones_drop_the_connection(self):
        largest = 100 * 1024 * 1024

        async def run():
            async with Link(hub, host=4, handlers={"E": lambda request: request["data"]}) as host:
                async with Link(hub) as control:
                    # The response has no name, so it is a little smaller than what was asked.
                    frame = {"type": "request", "seq": 1, "src": [*control.src, 1], "dst": [1, 4], "name": "E", "data": ""}
                    size = largest - 1 - len(json.dumps(frame, separators=(",", ":")))
                    answer = await control.call([1, 4], "E", patience=120, data="x" * size)
                    self.assertEqual(len(answer["data"]), size)
                    # What waits to be acknowledged is in nobody's way.
                    for _ in range(3):
                        self.assertEqual((await control.call([1, 4], "E", data="small"))["data"], "small")
                    with contextlib.suppress(websockets.ConnectionClosed):
                        await host.ws.send('"' + "x" * (largest - 1) + '"')
                    closed = await host.ended()
                    self.assertEqual(closed.code, 1009)
                    self.assertEqual((await host.resume())["type"], "continue")
                    self.assertEqual((await control.call([1, 4], "E", data="small"))["data"], "small")

        hub = self.hub()
        self.run_async(run())

    def test_many_messages_are_acknowledged_before_the_heartbeat(self):
        async def run():
            async with Link(hub, host=4) as host:
                for n in range(1200):
                    await host.event([0, 0], "N", data=n)
                await host.call([0, 0], "PingRequest")
                self.assertGreaterEqual(host.acked, 1024)

        hub = self.hub()
        self.run_async(run())
        self.assertEqual(self.link_counter(hub, "early_acknowledgements"), 2)

    def test_flood_of_unanswered_requests_is_bounded_and_disturbs_nobody(self):
        async def run():
            async with Link(hub, host=4) as host, Link(hub) as control, Link(hub) as other:
                futures = [await control.ask([1, 4], "Never") for _ in range(300)]
                answers = []
                while len(answers) < 200:
                    done, _ = await asyncio.wait(futures, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
                    answers += [future.result() for future in done]
                    futures = [future for future in futures if future not in done]
                for answer in answers:
                    self.assertEqual(answer["data"]["code"], "Refused")
                self.assertEqual((await other.call([0, 0], "PingRequest"))["type"], "response")
                await wait_until_async(lambda: len(host.requests) > 0, "the requests")
                for request in list(host.requests):
                    await host.answer(request, data=1)
                await asyncio.wait(futures, timeout=0.2)

        hub = self.hub("limits.caller_in_flight_max=100")
        self.run_async(run())


if __name__ == "__main__":
    unittest.main()
