/* What a line of a story means: the sentences of `aldis explain`, in src/cli/explain.c. */

export const MEANINGS = new Map([
    ["submitted", "the hub has it, and answers for it from here on"],
    ["queued", "it waits for a channel that may take it"],
    ["sent", "its first byte is on the way to the agent: it may have an effect now"],
    ["accepted", "the agent has it"],
    ["running", "the agent is at work on it"],
    ["moved", "its channel ended before a byte was sent; another one gets it"],
    ["another attempt", "its link was lost; being idempotent, it is sent again"],
    ["given to every channel", "each channel of the target got its own"],
    ["cancel wanted", "the caller wants it back, while it was being sent"],
    ["cancel asked", "the agent was asked to stop"],
    ["cancel refused", "the agent's protocol cannot cancel; it goes on"],
    ["late reply", "the agent answered after the outcome; nobody was told"],
    ["succeeded", "the agent says it did it"],
    ["failed", "the agent says it could not"],
    ["refused", "it never ran"],
    ["cancelled", "it was taken back, or the agent stopped it"],
    ["expired", "the deadline came first"],
    ["lost", "it was sent, and what became of it cannot be known"],
    ["nobody was there to hear the reply", "the caller had gone; the outcome is kept here"],
]);
