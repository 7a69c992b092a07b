/// The page's script.
enum PageScript {
    static let text = #"""
        'use strict';
        const main = document.querySelector('main'), said = document.getElementById('said');
        const enter = document.getElementById('enter'), start = document.getElementById('start');
        const rates = new Map();
        let token = sessionStorage.getItem('token') || '';
        let wanted = false, busy = false;

        const ask = (path, options = {}) => fetch(path, { cache: 'no-store', ...options, headers:
          { ...options.headers, ...(token && { Authorization: 'Bearer ' + token }) } });

        const tell = text => { said.textContent = text; };

        async function act(path, options) {
          try {
            const answer = await ask(path, options);
            tell(answer.ok ? '' : (await answer.json()).message);
            refresh();
            return answer.ok;
          } catch { tell('the agent does not answer'); }
        }

        function show(page) {
          const { role } = page.body.dataset;
          document.body.dataset.role = role;
          enter.hidden = role !== '';
          start.hidden = role !== 'operator';
          main.replaceChildren(...page.querySelector('main').childNodes);
          for (const button of main.querySelectorAll('button')) button.disabled = false;
          for (const row of main.querySelectorAll('tr[data-job]')) draw(row);
        }

        function draw(row) {
          const cell = row.querySelector('[data-rate]'), name = row.dataset.job;
          const past = [...(rates.get(name) || []), Number(cell.dataset.rate)].slice(-40);
          rates.set(name, past);
          const most = Math.max(1, ...past), spark = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
          spark.setAttribute('class', 'spark');
          spark.setAttribute('viewBox', '0 0 40 10');
          spark.setAttribute('preserveAspectRatio', 'none');
          spark.setAttribute('aria-hidden', 'true');
          const line = document.createElementNS(spark.namespaceURI, 'polyline');
          line.setAttribute('points', past.map((rate, at) => `${at},${9.5 - 9 * rate / most}`).join(' '));
          line.setAttribute('vector-effect', 'non-scaling-stroke');
          spark.append(line);
          cell.append(spark);
        }

        async function refresh() {
          wanted = true;
          if (busy) return;
          busy = true;
          while (wanted) {
            wanted = false;
            try {
              const answer = await ask('/' + location.search);
              if (answer.status === 401) {
                token = '';
                sessionStorage.removeItem('token');
                tell('the token is not known');
                wanted = true;
              } else show(new DOMParser().parseFromString(await answer.text(), 'text/html'));
            } catch { tell('the agent does not answer'); }
            await new Promise(done => setTimeout(done, 500));
          }
          busy = false;
        }

        async function listen() {
          for (;;) {
            try {
              if (document.body.dataset.role !== '') {
                const answer = await ask('/jobs/events');
                if (answer.ok) {
                  tell('');
                  const reader = answer.body.getReader();
                  for (let part = await reader.read(); !part.done; part = await reader.read()) refresh();
                }
              }
            } catch { tell('the agent does not answer'); }
            await new Promise(done => setTimeout(done, 1000));
            refresh();
          }
        }

        start.addEventListener('submit', async event => {
          event.preventDefault();
          const job = Object.fromEntries([...new FormData(start)].filter(([, value]) => value !== ''));
          if (job.duration_sec) job.duration_sec = Number(job.duration_sec);
          const body = JSON.stringify(job), headers = { 'Content-Type': 'application/json' };
          if (await act('/jobs/start', { method: 'POST', headers, body })) start.reset();
        });
        enter.addEventListener('submit', event => {
          event.preventDefault();
          token = new FormData(enter).get('token').trim();
          sessionStorage.setItem('token', token);
          enter.reset();
          tell('');
          refresh();
        });
        main.addEventListener('click', event => {
          const { stop, remove } = event.target.dataset, link = event.target.closest('a');
          if (stop) act(`/jobs/${encodeURIComponent(stop)}/stop`, { method: 'POST' });
          if (remove) act(`/jobs/${encodeURIComponent(remove)}`, { method: 'DELETE' });
          if (link && !event.ctrlKey && !event.metaKey) {
            event.preventDefault();
            history.pushState(null, '', link.getAttribute('href'));
            refresh();
          }
        });
        addEventListener('popstate', refresh);
        refresh();
        listen();
        """#
}
