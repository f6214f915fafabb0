checkpoint plan:
    input:
        spec=SPEC,
    output:
        plan=RESULTS / "plan.json",
    log:
        RESULTS / "logs" / "plan.log",
    conda:
        "../envs/strata.yaml"
    params:
        strata=config["strata"],
        minutes=config["minutes"],
        threads=config["threads"],
        shards=f"--shards {config['shards']}" if config["shards"] else "",
    shell:
        "{params.strata} plan {input.spec:q} --json --minutes {params.minutes} --threads {params.threads} {params.shards}"
        " > {output.plan:q} 2> {log:q}"
