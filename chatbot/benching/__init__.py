"""The bench: measurements that anyone can run again, on their own collection or on public data.

    retrieval   how well and how fast a search finds what people judged relevant
    judged      public sets in the BEIR layout
    questions   the file of questions: what is asked, and how an answer to it is checked
    answers     the whole loop against one or more models; what was answered is kept
    comparing   several models on the same questions
    scoring     what the answers of a model are worth, in numbers
    claims      how often verdicts are right, each layer switched off in turn
    claim_sets  public sets of claims, whatever their layout
    calibrating a model's thresholds, measured on the collection itself
    citations   citation recall and precision, as ALCE defines them
    making      a question set for any collection, by three roles of one model
    drafts      a file of questions in the making
    roles       the three roles: questioner, responder, verifier
    facts       numbers and names that a rule can check
    judging     does a passage say it? the rules, or a model's one token
    journal     a file to which every result is appended, so that a run can be broken off
    metrics     shares and medians
    fingerprint what made a result: prompts, settings, program, papers
    tables      Markdown

It may use every room below the faces and prints nothing. Nothing in the program depends on it.
"""
