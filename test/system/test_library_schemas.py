"""Programs that know schemas themselves, at a hub that knows none."""

import json
import os
import tempfile
import unittest

from library_rig import ProgramCase

DOCUMENTS = {
    "echo": {"name": "echo", "kind": "request", "schema": {"type": "object"}, "response": {"required": ["text"]}},
    "note": {"name": "note", "kind": "event", "schema": {"maximum": 3}},
}


class Schemas(ProgramCase):
    def folder(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        for name, document in DOCUMENTS.items():
            with open(os.path.join(folder, f"{name}.json"), "w", encoding="utf-8") as file:
                json.dump(document, file)
        return {"PROBE_SCHEMAS": folder}

    def pair(self, agent=None, caller=None):
        hub = self.hub()
        url = f"unix:{hub.unix}"
        return self.ready("lamp", url, env=agent or {}), self.ready("-", url, env=caller or {})

    def test_a_caller_is_told_before_anything_is_sent(self):
        agent, caller = self.pair(caller=self.folder())
        caller.say("call echo lamp 5000 [1]")
        self.assertEqual(caller.wait("broken"),
                         "broken Request echo failed validation: must be of type object (rule #/type)")
        caller.say("event note lamp 4")
        self.assertIn("Event note failed validation", caller.wait("broken", 2))
        caller.say('call echo lamp 5000 {"text":"a"}')
        self.assertTrue(caller.wait("outcome").startswith('outcome succeeded - {"text":"a"} '))
        caller.say("event note lamp 3")
        agent.wait("job note")
        self.assertEqual(len([line for line in agent.lines if line.startswith("job")]), 1)
        self.finish(caller, agent)

    def test_a_reply_that_breaks_them_is_a_failure_of_the_agent(self):
        agent, caller = self.pair(caller=self.folder())
        caller.say("call echo lamp 5000 {}")
        self.assertEqual(caller.wait("outcome").split()[1:4], ["failed", "agent_broke", "-"])
        self.finish(caller, agent)

    def test_an_agent_does_not_see_what_breaks_them(self):
        agent, caller = self.pair(agent=self.folder())
        caller.say("call echo lamp 5000 [1]")
        self.assertEqual(caller.wait("outcome").split()[1:4], ["refused", "invalid", "-"])
        caller.say("event note lamp 4")
        caller.say("event note lamp 3")
        agent.wait("job note")
        self.assertEqual(len([line for line in agent.lines if line.startswith("job")]), 1)
        self.finish(caller, agent)

    def test_an_agent_cannot_answer_what_breaks_them(self):
        agent, caller = self.pair(agent=self.folder())
        caller.say("call echo lamp 5000 {}")
        self.assertIn("Response for request echo failed validation", agent.wait("broken"))
        self.assertEqual(caller.wait("outcome").split()[1:3], ["failed", "agent_broke"])
        self.finish(caller, agent)


if __name__ == "__main__":
    unittest.main()
