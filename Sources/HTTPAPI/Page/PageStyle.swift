/// The page's style.
enum PageStyle {
    static let text = """
        :root { --line: #d5d9e0; --dim: #5a6472; --back: #fff; --front: #16202c; --mark: #0b63ce;
          --good: #12703a; --soon: #8a5a00; --bad: #b3261e; font: 16px/1.45 system-ui, sans-serif; }
        @media (prefers-color-scheme: dark) { :root { --line: #333c48; --dim: #9aa5b4; --back: #11161d; --front: #e6ebf2;
          --mark: #6cb2ff; --good: #6fd193; --soon: #f0b95a; --bad: #ff8f86; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; padding: 1rem; max-width: 75rem; background: var(--back); color: var(--front); }
        header { display: flex; gap: .75rem; align-items: baseline; flex-wrap: wrap; color: var(--dim); }
        h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .25rem; overflow-wrap: anywhere; }
        h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
        a { color: var(--mark); text-decoration: none; } a:hover { text-decoration: underline; }
        #said { color: var(--bad); margin-left: auto; }
        form { display: flex; gap: .75rem; flex-wrap: wrap; align-items: end; margin: 1rem 0; }
        form[hidden] { display: none; }
        label { display: grid; font-size: .8rem; color: var(--dim); }
        input, select, button { font: inherit; color: inherit; background: var(--back); border: 1px solid var(--line);
          border-radius: .35rem; padding: .35rem .6rem; min-height: 2.4rem; }
        button { cursor: pointer; } button:disabled { opacity: .4; cursor: default; }
        input:focus-visible, select:focus-visible, button:focus-visible, a:focus-visible {
          outline: 2px solid var(--mark); outline-offset: 1px; }
        table { border-collapse: collapse; width: 100%; }
        th { text-align: left; font-weight: 600; font-size: .8rem; color: var(--dim); }
        th, td { padding: .4rem .6rem .4rem 0; border-top: 1px solid var(--line); vertical-align: middle; }
        thead th { border: 0; }
        td a { overflow-wrap: anywhere; } td:last-child { text-align: right; padding-right: 0; }
        .number { font-variant-numeric: tabular-nums; white-space: nowrap; }
        .remark td { border: 0; padding-top: 0; color: var(--dim); text-align: left; }
        small { color: var(--dim); }
        .state { font-weight: 600; color: var(--dim); }
        .running { color: var(--good); } .starting, .waiting, .degraded, .placeholder { color: var(--soon); }
        .failed, .rejected, .reason { color: var(--bad); }
        .sizes td:last-child { width: 40%; }
        .bar { width: 100%; height: .7rem; display: block; fill: var(--mark); }
        .spark { width: 6rem; height: 1.2rem; vertical-align: middle; margin-left: .5rem; fill: none; stroke: var(--mark);
          stroke-width: 1.5; }
        @media (max-width: 46rem) {
          #jobs thead { display: none; } #jobs, #jobs tbody, #jobs tr, #jobs td { display: block; }
          #jobs tr { border-top: 1px solid var(--line); padding: .5rem 0; } #jobs .remark { border: 0; padding: 0 0 .5rem; }
          #jobs td { border: 0; padding: .1rem 0; text-align: left; }
          #jobs td[data-name]::before { content: attr(data-name); display: inline-block; min-width: 6.5rem;
            color: var(--dim); font-size: .8rem; }
          .sizes td:last-child { width: 20%; } section { overflow-x: auto; } }
        """
}
