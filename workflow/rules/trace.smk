# `update` leaves the file of an earlier run in place: of a spec that has changed, only new cells run.
rule trace:
    input:
        spec=SPEC,
        others=plan_inputs,
    output:
        shard=update(SHARDS / "{model}-{part}-of-{parts}.jsonl"),
    log:
        RESULTS / "logs" / "trace" / "{model}-{part}-of-{parts}.log",
    benchmark:
        RESULTS / "benchmarks" / "trace" / "{model}-{part}-of-{parts}.tsv"
    retries: 2
    conda:
        "../envs/strata.yaml"
    threads: config["threads"]
    resources:
        mem_mb=trace_memory,
        runtime=trace_runtime,
    params:
        strata=config["strata"],
        shard=lambda wildcards: f"{int(wildcards.part)}/{wildcards.parts}",
        keep_going=KEEP_GOING,
        allowed=ALLOWED,
    shell:
        "{params.strata} trace {input.spec:q} --model {wildcards.model} --shard {params.shard} -o {output.shard:q}"
        " --threads {threads} --offline {params.keep_going} > {log:q} 2>&1 || [ $? -le {params.allowed} ]"
