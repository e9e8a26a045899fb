"""What 'make bench' measured, as a document in each language. Pure: numbers in, text out."""
import statistics

WORDS = {
    'en': {
        'title': '# Benchmarks',
        'intro': 'Written by `make bench` on {date}; not edited. Times are medians over {rounds} rounds in which '
                 'limits, peers and descend took turns; a share compares with the limit measured right before and after it.'
                 ' Peers ran as installed and, where one is known, at a better setting; the better one counts.',
        'machine': 'Machine: {cpu}, {cores} processors, {memory} GB, {system}; compiler {compiler}; descend {descend};'
                   ' {peers}.',
        'limits': 'Limits: reading {read} GB/s, float32 multiply-adds {fma} GFLOP/s, all threads. Reading is one loop'
                  ' over an array, each thread its part: memory serves several places by turns faster{streams}, so that'
                  ' shares of it can be above 100 %.',
        'streams': ' ({streams} GB/s for eight of each thread)',
        'again': 'Again: `make bench`, in five minutes and roughly: `QUICK=1 make bench`.',
        'head': '| who | setting | {unit} | {share} | peak memory |',
        'time': 'time a {0}', 'share_read': 'share of the read limit', 'share_chain': 'times the bare chain',
        'share_none': 'times descend', 'target': 'Wanted: {0}.', 'reached': 'reached', 'missed': 'missed',
        'slower': 'the best peer ({1}) is {0} times as fast as descend.',
        'installed': 'as installed', 'failed': 'did not run: {0}', 'versus': 'descend is {0} times as fast as the best'
        ' peer ({1}).', 'commands': 'Commands:', 'errors': '## Single precision against double', 'errors_text': 'Loss and gradient of the exponential, '
        'rows in float32: the larger of their relative errors. Sums of complete leaves are kept in double, so that '
        'the error does not grow with the rows.', 'errors_head': '| rows | relative error |',
        'watching': '## What watching costs', 'watching_text': 'A whole run with its report, against the same with '
        '`--watch off`; the two take turns, and the median of their ratios counts. Wanted: below 2 %.',
        'watching_head': '| run | time | watching |',
        'scale': '## Cost by size', 'scale_head': '| size | time | first = 1 |',
    },
    'zh': {
        'title': '# 性能测量',
        'intro': '由 `make bench` 于 {date} 写成，未经改动。时间取 {rounds} 轮的中位数，每一轮里极限、同类软件和 descend '
                 '轮流运行；占比与紧接其前后测得的极限相比。同类软件先按安装后的样子运行，已知更好的设置时再运行一次，取较好的一次。',
        'machine': '机器：{cpu}，{cores} 个处理器，{memory} GB，{system}；编译器 {compiler}；descend {descend}；{peers}。',
        'limits': '极限：读内存 {read} GB/s，float32 乘加 {fma} GFLOP/s，全部线程。读内存是用一个循环读一个数组，每个线程读自己的一段；'
                  '轮流读几处时内存更快{streams}，所以占比可以超过 100 %。',
        'streams': '（每个线程八处：{streams} GB/s）',
        'again': '再来一次：`make bench`；五分钟内的粗测：`QUICK=1 make bench`。',
        'head': '| 谁 | 设置 | {unit} | {share} | 内存峰值 |',
        'time': '每{0}时间', 'share_read': '占读取极限', 'share_chain': '裸链的倍数',
        'share_none': 'descend 的倍数', 'target': '目标：{0}。', 'reached': '达到', 'missed': '未达到',
        'slower': '最好的同类软件（{1}）的速度是 descend 的 {0} 倍。',
        'installed': '安装后的样子', 'failed': '没有运行：{0}', 'versus': 'descend 的速度是最好的同类软件（{1}）的 {0} 倍。',
        'commands': '命令：', 'errors': '## 单精度与双精度之差', 'errors_text': '指数函数的损失和梯度，各行用 float32 计算：两者相对误差中'
        '较大的一个。每一叶的和用双精度保存，所以误差不随行数增长。', 'errors_head': '| 行数 | 相对误差 |',
        'watching': '## 观察走法的开销', 'watching_text': '整个运行连同报告，与 `--watch off` 的同一运行相比；两者轮流运行，'
        '取比值的中位数。目标：2 % 以下。', 'watching_head': '| 运行 | 时间 | 观察 |',
        'scale': '## 开销与规模', 'scale_head': '| 规模 | 时间 | 以第一行为 1 |',
    },
}
UNITS = {'en': {'row': 'row', 'point': 'point', 'step': 'step', 'process': 'process'},
         'zh': {'row': '行', 'point': '点', 'step': '步', 'process': '进程'}}


def figure(value, digits=3):
    """Rounded to so many digits, without an exponent where that stays short."""
    return f'{value:.{digits}g}' if 1e-3 <= abs(value) < 1e4 or value == 0 else f'{value:.{digits - 1}e}'


def duration(seconds):
    for unit, size in (('s', 1), ('ms', 1e-3), ('us', 1e-6)):
        if seconds >= size:
            return f'{figure(seconds / size)} {unit}'
    return f'{figure(seconds / 1e-9)} ns'


def best_of(rounds):
    """The time of each round: its fastest repetition."""
    return [min(seconds) for seconds in rounds if seconds]


def median_time(contender):
    times = best_of(contender['rounds'])
    return statistics.median(times) if times else None


def median_share(contender, factor):
    """limit * factor / time, the median over rounds; None where nothing was measured."""
    times = [(limit, min(seconds)) for limit, seconds in zip(contender['limits'], contender['rounds'])
             if seconds and limit]
    return statistics.median(limit * factor / time for limit, time in times) if times else None


def best_peer(work):
    """The peer with the least median time, or None."""
    peers = [c for c in work['contenders'] if c['peer'] and median_time(c) is not None]
    return min(peers, key=median_time, default=None)


def share_text(work, contender):
    if work['limit'] == 'read':
        share = median_share(contender, work['bytes'])
        return '' if share is None else f'{100 * share:.0f} %'
    if work['limit'] == 'chain':
        share = median_share(contender, 1)
        return '' if share is None else figure(1 / share)
    own = [median_time(c) for c in work['contenders'] if not c['peer'] and median_time(c)]
    time = median_time(contender)
    return figure(time / min(own)) if own and time else ''


def reaches(work, contender):
    """Whether the contender's target holds; None where it has none."""
    target, time = contender.get('target'), median_time(contender)
    if target is None or time is None:
        return None
    if target[0] == 'share':
        return median_share(contender, work['bytes']) >= target[1]
    good = time <= target[1]
    return good and (len(target) < 3 or contender['peak'] <= target[2])


def target_text(target):
    if target[0] == 'share':
        return f'{100 * target[1]:.0f} %'
    text = duration(target[1])
    return text if len(target) < 3 else f'{text}, {target[2] / 1e6:.0f} MB'


def contender_line(work, contender, words):
    time = median_time(contender)
    name = f"**{contender['name']}**" if not contender['peer'] else contender['name']
    setting = contender['setting'] or words['installed']
    if time is None:
        return f"| {name} | {setting} | {words['failed'].format(contender['reason'])} | | |"
    share = share_text(work, contender)
    met = reaches(work, contender)
    if met is not None:
        share += f" ({target_text(contender['target'])}: {words['reached' if met else 'missed']})"
    return f"| {name} | {setting} | {duration(time)} | {share} | {contender['peak'] / 1e6:.0f} MB |"


def work_text(work, language):
    words = WORDS[language]
    unit = words['time'].format(UNITS[language][work['unit']])
    lines = [f"## {work['title'][language]}", '',
             words['head'].format(unit=unit, share=words[f"share_{work['limit'] or 'none'}"]),
             '|---|---|---|---|---|']
    lines += [contender_line(work, contender, words) for contender in work['contenders']]
    peer = best_peer(work)
    own = [median_time(c) for c in work['contenders'] if not c['peer'] and median_time(c)]
    if peer and own:
        ratio = median_time(peer) / min(own)
        sentence = words['versus' if ratio >= 1 else 'slower']
        lines += ['', sentence.format(figure(max(ratio, 1 / ratio)), peer['name'])]
    lines += ['', words['commands'], '', '```sh'] + [c['shown'] for c in work['contenders']] + ['```', '']
    return lines


def scale_text(scales, language):
    words = WORDS[language]
    lines = [words['scale'], ''] if scales else []
    for scale in scales:
        times = [(size, median_time({'rounds': rounds})) for size, rounds in scale['sizes']]
        known = [(size, time) for size, time in times if time]
        lines += [scale['title'][language], '', words['scale_head'], '|---|---|---|']
        lines += [f'| {size:,} | {duration(time)} | {figure(time / known[0][1])} |' for size, time in known]
        lines += ['']
    return lines


def errors_text(errors, language):
    words = WORDS[language]
    known = [(size, error) for size, error in errors if error is not None]
    if not known:
        return []
    return [words['errors'], '', words['errors_text'], '', words['errors_head'], '|---|---|'] + \
        [f'| {size:,} | {figure(error, 2)} |' for size, error in known] + ['']


def watching_cost(pairs):
    """Part of the time without; None: not measured."""
    return statistics.median(on / off for on, off in pairs) - 1 if pairs else None


def watching_text(runs, language):
    words = WORDS[language]
    known = [(one['title'][language], one['pairs']) for one in runs if one['pairs']]
    if not known:
        return []
    return [words['watching'], '', words['watching_text'], '', words['watching_head'], '|---|---|---|'] + \
        [f'| {title} | {duration(statistics.median(off for _, off in pairs))} | {100 * watching_cost(pairs):.1f} % |'
         for title, pairs in known] + ['']


def document(results, language):
    words = WORDS[language]
    streams = words['streams'].format(streams=figure(results['streams'])) if 'streams' in results else ''
    lines = [words['title'], '', words['intro'].format(**results), '', words['machine'].format(**results), '',
             words['limits'].format(read=figure(results['read']), fma=figure(results['fma']), streams=streams), '',
             words['again'], '']
    for work in results['works']:
        lines += work_text(work, language)
    lines += scale_text(results['scales'], language)
    lines += errors_text(results['errors'], language)
    lines += watching_text(results.get('watching', []), language)
    return '\n'.join(lines).rstrip('\n') + '\n'
