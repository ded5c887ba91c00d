"""A run from its options to its report, without pytest: the plugin and `harness.evaluate` both go through here.

options      what the user chose, every default resolved     declared     an option's declaration -> its value
gate_options what the user wants of the gate                 settings     what was chosen -> plan and manifest
subjects     the models, recorded answers, the baseline      collecting   rows -> cases -> planned cases -> the plan
responses    a case's response and scores, in any process    records      what became of a case
running      the owner: folder, engines, sandbox, report     gating       the gate of a run that is going on
certifying   a share of the cases asked again                shown        what was asked and answered, for a failure
page_tests   a page's tests without pytest                   evaluate     all of it as one call
"""
