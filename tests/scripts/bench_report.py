"""The pure part of 'make bench' (tools/bench/report.py) on measurements made up here."""
import copy
import re
import unittest

import report


def contender(name, rounds, peer=True, target=None, setting=''):
    return {'name': name, 'setting': setting, 'rounds': rounds, 'limits': [1e-10, 2e-10, 1e-10], 'peer': peer, 'target': target, 'peak': 9e6,
            'reason': 'no module', 'shown': f'run {name}'}


WORK = {'key': 'decay', 'unit': 'point', 'limit': 'read', 'bytes': 16,
        'title': {'en': 'Decay', 'zh': '衰变'},
        'contenders': [contender('descend', [[3e-9, 2e-9], [4e-9], [2.5e-9]], False, ('share', 0.75)),
                       contender('slow', [[2e-8], [4e-8], [2e-8]]),
                       contender('fast', [[1e-8], [1e-8], [1e-8]], setting='X=1'),
                       contender('gone', [[], [], []])]}
RESULTS = {'date': '2026-11-27', 'rounds': 3, 'cpu': 'c', 'cores': 2, 'memory': 8, 'system': 's',
           'compiler': 'gcc', 'descend': '1', 'peers': 'p 1', 'read': 20.0, 'fma': 300.0, 'works': [WORK],
           'errors': [(1000, 1.5e-7), (10000, None)],
           'watching': [{'title': {'en': 'Walk', 'zh': '走'}, 'pairs': [(1.01, 1.0), (2.04, 2.0), (1.0, 1.0)]}],
           'scales': [{'title': {'en': 'Rows', 'zh': '行'}, 'sizes': [(1000, [[2e-9]]), (10000, [[3e-9]]),
                                                                     (100000, [[]])]}]}


class ReportTest(unittest.TestCase):
    def test_a_time_is_the_median_of_each_rounds_best(self):
        self.assertEqual(report.median_time(WORK['contenders'][0]), 2.5e-9)
        self.assertIsNone(report.median_time(WORK['contenders'][3]))

    def test_a_share_compares_within_each_round(self):
        share = report.median_share(WORK['contenders'][0], 16)
        self.assertAlmostEqual(share, 0.8)  # 0.8, 0.8 and 0.64

    def test_watching_is_the_median_of_ratios(self):
        self.assertAlmostEqual(report.watching_cost(RESULTS['watching'][0]['pairs']), 0.01)
        self.assertIsNone(report.watching_cost([]))
        self.assertIn('| Walk | 1 s | 1.0 % |', report.document(RESULTS, 'en'))

    def test_targets(self):
        descend = copy.deepcopy(WORK['contenders'][0])
        self.assertTrue(report.reaches(WORK, descend))
        descend['target'] = ('share', 0.85)
        self.assertFalse(report.reaches(WORK, descend))
        descend['target'] = ('time', 3e-9, 10e6)
        self.assertTrue(report.reaches(WORK, descend))
        descend['target'] = ('time', 3e-9, 8e6)
        self.assertFalse(report.reaches(WORK, descend))
        self.assertIsNone(report.reaches(WORK, WORK['contenders'][1]))

    def test_the_best_peer_counts(self):
        self.assertEqual(report.best_peer(WORK)['name'], 'fast')

    def test_figures_and_durations(self):
        self.assertEqual(report.figure(1234.5), '1.23e+03')
        self.assertEqual(report.figure(0.012345), '0.0123')
        self.assertEqual(report.duration(2.5e-9), '2.5 ns')
        self.assertEqual(report.duration(3.2e-5), '32 us')
        self.assertEqual(report.duration(1.35), '1.35 s')

    def test_the_document(self):
        text = report.document(RESULTS, 'en')
        self.assertIn('| **descend** | as installed | 2.5 ns | 80 % (75 %: reached) | 9 MB |', text)
        self.assertIn('| gone | as installed | did not run: no module | | |', text)
        self.assertIn('descend is 4 times as fast as the best peer (fast).', text)
        self.assertIn('| 10,000 | 3 ns | 1.5 |', text)
        self.assertIn('run fast', text)
        self.assertIn('| 1,000 | 1.5e-07 |', text)

    def test_both_languages_have_the_same_words(self):
        english, chinese = report.WORDS['en'], report.WORDS['zh']
        self.assertEqual(set(english), set(chinese))
        for key, sentence in english.items():
            self.assertEqual(sorted(re.findall(r'{\w*}', sentence)), sorted(re.findall(r'{\w*}', chinese[key])), key)
        self.assertEqual(report.document(RESULTS, 'zh').count('\n'), report.document(RESULTS, 'en').count('\n'))


if __name__ == '__main__':
    unittest.main()
