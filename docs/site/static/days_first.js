// Search puts lessons first: a word is met there before it is looked up in the reference.
var Scorer = {
  // [docname, title, anchor, description, score, file, kind]: a heading that holds all that was asked comes before all
  score: ([page, , , , score, , kind]) =>
    score
    + (page.startsWith("challenges/") ? 200 : page.startsWith("reference/") ? -5 : 0)
    + (kind === SearchResultKind.title ? 20 : 0),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
