"""Importers: runs that other tools wrote, read into a run's folder like any other, one file or folder a tool.

    foreign     another tool's files, read with a check
    run         what an importer makes, and how it becomes a run's folder
    lm_eval     lm-evaluation-harness, `--log_samples`
    inspect_ai  Inspect, `.eval` and `.json` logs
    evalplus    EvalPlus, `*_eval_results.json`

No tool has to be installed. What a file does not say is absent, and the manifest's notes name it.
"""
