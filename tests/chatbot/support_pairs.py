"""Sentences and what is said of them: paraphrases that hold, and claims in which one fact was changed.

Written for these tests. `TRUE` and `FALSE` hold (claim, evidence). `UNPROVEN` are those of TRUE that the fast
verdict does not call supported, `MISSED` those of FALSE that it does.
"""

from __future__ import annotations

ALPHA = "We introduce Alpha-7, a 13B model that was trained on 4.5 trillion tokens of web text and code."
RESULT = "Alpha-7 reaches 84.2 on MathBench and 37.9 on CodeBench, and outperforms Beta-2 on both."
SPEED = "Compared with Beta-2, our method reduces memory by 41% and makes decoding 3.5 times faster."
LONG = "It supports contexts of up to 128K tokens without any loss of quality on short inputs."
ROUTER = "The router assigns each token to two of 64 experts, and a shared expert sees every token."
HEDGE = "These findings suggest that longer training may improve calibration in small models."
CORR = "We find that the length of a reasoning chain is correlated with its accuracy on hard problems."
ORDER = "The model is first pretrained on web text and then fine-tuned on dialogues before it is quantized."
SOME = "Some of the baselines fail on long documents, while ours succeeds on all of them."
ONLY = "Only the largest model benefits from the curriculum; the smaller ones do not improve."
CAUSE = "Removing the normalisation layer causes training to diverge after 10k steps."
OPEN = "All weights and code are released under the Apache-2.0 licence, but the training data is not public."
STUDY = "A user study with 312 participants in five countries shows that people prefer shorter answers."
NEG = "Scaling the reward model does not improve the policy, and it increases the cost of training."
ROLE = "A teacher model generates questions, which a student model answers and a verifier checks."
SPLIT = "Precision rises from 61.0% to 72.5%, whereas recall falls slightly from 80.1% to 79.4%."
RESP = "On Gamma and Delta the system scores 51.3 and 64.8, respectively, without using external tools."
ACRO = "We propose Staged Token Pruning (STP), which drops tokens that receive little attention."
LANG = "The benchmark covers 29 languages and 12 domains, with more than 18,000 annotated examples."
WEAK = "Performance degrades with more than eight agents, and communication becomes the bottleneck."
CACHE = (
    "DeltaNet compresses the key-value cache of a 7B model by 62% and keeps 98.3% of its accuracy on LongQA."
)
HUMANS = (
    "Human annotators agreed with the automatic judge in 91% of 2,400 cases, although they "
    "rated fluency lower."
)
REWARDS = (
    "Although reinforcement learning improves reasoning, we observe that it harms the model's "
    "calibration when rewards are sparse."
)
PIPELINE = (
    "The pipeline filters documents by quality, removes near-duplicates and then translates "
    "the remainder into 14 languages."
)
SCHEDULE = (
    "With the proposed schedule, training needs half the GPU hours of the baseline and no warm-up phase."
)
VOCABULARY = (
    "Larger vocabularies are associated with lower perplexity, but only for models above 3B parameters."
)
AGENT = (
    "Unlike prior agents, NavBot plans several steps ahead, so it needs fewer calls to the language model."
)
RARE = "Our results indicate that retrieval helps most on rare entities and has little effect on common ones."
SPEECH = (
    "EchoTune was evaluated on six speech corpora and achieved a word error rate of 4.1%, down "
    "from 5.6% for WavLM."
)
NEITHER = "Neither data augmentation nor dropout prevented overfitting in the low-resource setting."

ATTENTION = (
    "FlexCache keeps full attention on fresh tokens in fast memory and sparse attention on older "
    "tokens in main memory."
)
LABELS = (
    "Fine labels raise agreement on correctness, coarse ones raise agreement on relevance, and "
    "judgments of safety stay inconsistent."
)
CREW = "For the trial we recruited 8 people, 5 native and 3 foreign speakers, who filled in 40 forms."
LAG = "However, the frozen variant lags far behind the tuned variant in both speed and accuracy."
FILL = (
    "Unlike MeanFill, which estimates the mean of a missing value, DrawFill estimates its whole distribution."
)
CELLS = (
    "Our design builds upon gated cells, which are less prone to vanishing gradients as compared to "
    "plain cells."
)
CITED = "Papers that are cited often (and were seen more in training) show lower error rates."
MIXED = "Gains in tuning are small but consistent, with ordered data outperforming mixed data."
PROMPTS = "We compare two representative models under three kinds of prompts."
PHONE = "A voice agent calls people and asks the questions, and a second model (GLM-9) reads the transcripts."
ROUTES = (
    "MixNet combines several compressed variants of one model and dynamically routes inputs to the "
    "best of them."
)

TRUE: tuple[tuple[str, str], ...] = (
    ("Alpha-7 is a 13B model trained on 4.5 trillion tokens.", ALPHA),
    ("Alpha-7 was trained on web text and code.", ALPHA),
    ("The 13B model Alpha-7 was trained on 4.5T tokens of web text and code.", ALPHA),
    ("Alpha-7 has 13 billion parameters.", "We introduce Alpha-7, a model with 13B parameters."),
    ("Alpha-7 scores 84.2 on MathBench.", RESULT),
    ("On CodeBench, Alpha-7 reaches 37.9.", RESULT),
    ("Alpha-7 outperforms Beta-2 on MathBench and CodeBench.", RESULT),
    ("Beta-2 is outperformed by Alpha-7.", RESULT),
    ("Alpha-7 surpasses Beta-2 on both.", RESULT),
    ("Alpha-7 achieves 84.2 on MathBench and 37.9 on CodeBench.", RESULT),
    ("The method reduces memory by 41 percent compared with Beta-2.", SPEED),
    ("It makes decoding 3.5x faster than Beta-2.", SPEED),
    ("Memory is reduced by 41% and decoding is 3.5 times faster.", SPEED),
    ("Decoding is 3.5× faster.", SPEED),
    ("It supports contexts of up to 128K tokens.", LONG),
    ("Contexts of up to 128,000 tokens are supported.", LONG),
    ("There is no loss of quality on short inputs.", LONG),
    ("It loses no quality on short inputs.", LONG),
    ("Each token is assigned to two of 64 experts by the router.", ROUTER),
    ("The router assigns each token to 2 of 64 experts.", ROUTER),
    ("A shared expert sees every token.", ROUTER),
    ("Longer training may improve calibration in small models.", HEDGE),
    ("The findings suggest that longer training may improve the calibration of small models.", HEDGE),
    ("Longer training could improve calibration in small models.", HEDGE),
    ("The length of a reasoning chain is correlated with its accuracy.", CORR),
    ("Reasoning chain length correlates with accuracy on hard problems.", CORR),
    ("The accuracy on hard problems is correlated with the length of the reasoning chain.", CORR),
    ("The model is pretrained on web text first and then fine-tuned on dialogues.", ORDER),
    ("It is fine-tuned on dialogues before it is quantized.", ORDER),
    ("After pretraining on web text, the model is fine-tuned on dialogues.", ORDER),
    ("Some baselines fail on long documents.", SOME),
    ("On long documents, some of the baselines fail.", SOME),
    ("Only the largest model benefits from the curriculum.", ONLY),
    ("The smaller models do not improve with the curriculum.", ONLY),
    ("The largest model benefits from the curriculum.", ONLY),
    ("Training diverges after 10k steps without the normalisation layer.", CAUSE),
    ("Removing the normalisation layer causes training to diverge.", CAUSE),
    ("Training diverges after 10,000 steps when the normalisation layer is removed.", CAUSE),
    ("All weights and code are released under the Apache-2.0 licence.", OPEN),
    ("The training data is not public.", OPEN),
    ("The weights and the code are released under Apache-2.0.", OPEN),
    ("The user study had 312 participants in five countries.", STUDY),
    ("People prefer shorter answers.", STUDY),
    ("A study with 312 participants from 5 countries shows that people prefer shorter answers.", STUDY),
    ("Scaling the reward model does not improve the policy.", NEG),
    ("Scaling the reward model increases the cost of training.", NEG),
    ("The policy is not improved by scaling the reward model.", NEG),
    ("A teacher model generates questions.", ROLE),
    ("The student model answers questions that the teacher model generates.", ROLE),
    ("Questions are generated by a teacher model and checked by a verifier.", ROLE),
    ("Precision rises from 61.0% to 72.5%.", SPLIT),
    ("Recall falls slightly from 80.1% to 79.4%.", SPLIT),
    ("Precision rises to 72.5%, whereas recall falls to 79.4%.", SPLIT),
    ("The system scores 51.3 on Gamma.", RESP),
    ("On Delta the system scores 64.8 without external tools.", RESP),
    ("It scores 51.3 on Gamma and 64.8 on Delta.", RESP),
    ("STP drops tokens that receive little attention.", ACRO),
    ("Staged Token Pruning drops tokens that receive little attention.", ACRO),
    ("Staged Token Pruning (STP) drops tokens with little attention.", ACRO),
    ("The benchmark covers 29 languages and 12 domains.", LANG),
    ("It has more than 18k annotated examples in 29 languages.", LANG),
    ("Performance degrades with more than eight agents.", WEAK),
    ("With more than 8 agents, performance degrades.", WEAK),
    ("Communication becomes the bottleneck with more than eight agents.", WEAK),
    ("DeltaNet compresses the key-value cache by 62%.", CACHE),
    ("It keeps 98.3% of the accuracy on LongQA.", CACHE),
    ("DeltaNet keeps 98.3% of the 7B model's accuracy while compressing its key-value cache by 62%.", CACHE),
    ("Human annotators agreed with the automatic judge in 91% of cases.", HUMANS),
    ("In 91% of 2400 cases, human annotators agreed with the automatic judge.", HUMANS),
    ("Annotators rated fluency lower than the automatic judge.", HUMANS),
    ("Reinforcement learning improves reasoning.", REWARDS),
    ("Reinforcement learning harms calibration when rewards are sparse.", REWARDS),
    ("When rewards are sparse, reinforcement learning harms the calibration of the model.", REWARDS),
    ("The pipeline removes near-duplicates.", PIPELINE),
    ("The pipeline filters documents by quality before it translates them.", PIPELINE),
    ("Documents are translated into 14 languages.", PIPELINE),
    ("Training needs half the GPU hours of the baseline.", SCHEDULE),
    ("The schedule needs no warm-up phase.", SCHEDULE),
    ("Larger vocabularies are associated with lower perplexity for models above 3B parameters.", VOCABULARY),
    (
        "For models above 3 billion parameters, larger vocabularies are associated with lower perplexity.",
        VOCABULARY,
    ),
    ("NavBot plans several steps ahead.", AGENT),
    ("NavBot needs fewer calls to the language model than prior agents.", AGENT),
    ("Retrieval helps most on rare entities.", RARE),
    ("Retrieval has little effect on common entities.", RARE),
    ("EchoTune achieved a word error rate of 4.1%.", SPEECH),
    ("EchoTune reduces the word error rate from 5.6% to 4.1%.", SPEECH),
    ("EchoTune was evaluated on 6 speech corpora.", SPEECH),
    ("Data augmentation did not prevent overfitting in the low-resource setting.", NEITHER),
    ("Dropout did not prevent overfitting.", NEITHER),
    ("FlexCache keeps sparse attention on older tokens in main memory.", ATTENTION),
    ("FlexCache keeps full attention on fresh tokens.", ATTENTION),
    ("Fine labels raise agreement on correctness.", LABELS),
    ("Judgments of safety stay inconsistent.", LABELS),
    ("They recruited 8 people, 5 of them native speakers.", CREW),
    ("8 people were recruited, who filled in 40 forms.", CREW),
    ("The frozen variant lags behind the tuned variant in accuracy.", LAG),
    ("DrawFill estimates the whole distribution of a missing value.", FILL),
    ("MeanFill estimates the mean of a missing value.", FILL),
    ("Gated cells are less prone to vanishing gradients than plain cells.", CELLS),
    ("Papers that are cited often show lower error rates.", CITED),
    ("Ordered data outperform mixed data.", MIXED),
    ("The gains in tuning are small but consistent.", MIXED),
    ("The study compares two models under three kinds of prompts.", PROMPTS),
    ("GLM-9 reads the transcripts.", PHONE),
    ("A voice agent calls people and asks the questions.", PHONE),
    ("MixNet dynamically routes inputs to the best variants.", ROUTES),
)

FALSE: tuple[tuple[str, str], ...] = (
    # numbers, units and scales
    ("Alpha-7 is a 13B model trained on 5.5 trillion tokens.", ALPHA),
    ("Alpha-7 is a 13M model trained on 4.5 trillion tokens.", ALPHA),
    ("Alpha-7 was trained on 4.5 billion tokens of web text and code.", ALPHA),
    ("Alpha-7 scores 37.9 on MathBench.", RESULT),
    ("Alpha-7 reaches 84.2 on CodeBench.", RESULT),
    ("Decoding is 41% faster.", SPEED),
    ("The method reduces memory by 41 points compared with Beta-2.", SPEED),
    ("It makes decoding 41 times faster than Beta-2.", SPEED),
    ("The method reduces memory by 3.5 times.", SPEED),
    ("Each token is assigned to four of 64 experts by the router.", ROUTER),
    ("The router assigns each token to two of 62 experts.", ROUTER),
    ("Precision rises from 72.5% to 61.0%.", SPLIT),
    ("Precision rises from 61.0% to 79.4%.", SPLIT),
    ("Recall falls slightly from 80.1% to 72.5%.", SPLIT),
    ("The system scores 64.8 on Gamma.", RESP),
    ("It scores 64.8 on Gamma and 51.3 on Delta.", RESP),
    ("The benchmark covers 12 languages and 29 domains.", LANG),
    ("The benchmark covers 29 domains.", LANG),
    ("It has fewer than 18,000 annotated examples.", LANG),
    ("The user study had 312 participants in five cities.", STUDY),
    # names
    ("Alpha-8 reaches 84.2 on MathBench.", RESULT),
    ("Alpha-7-Large reaches 84.2 on MathBench.", RESULT),
    ("Alpha reaches 84.2 on MathBench.", RESULT),
    ("Alpha-7 reaches 84.2 on MathBench-Hard.", RESULT),
    ("Alpha-7 outperforms Gamma-2 on both.", RESULT),
    ("All weights and code are released under the MIT licence.", OPEN),
    ("STR drops tokens that receive little attention.", ACRO),
    # direction
    ("The method increases memory by 41% compared with Beta-2.", SPEED),
    ("It makes decoding 3.5 times slower than Beta-2.", SPEED),
    ("Precision falls from 61.0% to 72.5%.", SPLIT),
    ("Recall rises slightly from 80.1% to 79.4%.", SPLIT),
    ("Performance improves with more than eight agents.", WEAK),
    ("Performance degrades with fewer than eight agents.", WEAK),
    ("People prefer longer answers.", STUDY),
    ("Longer training may degrade calibration in small models.", HEDGE),
    ("STP drops tokens that receive much attention.", ACRO),
    # negation
    ("Scaling the reward model improves the policy.", NEG),
    ("Scaling the reward model does not increase the cost of training.", NEG),
    ("The training data is public.", OPEN),
    ("The weights and the code are not released.", OPEN),
    ("It supports contexts of up to 128K tokens with a loss of quality on short inputs.", LONG),
    ("It does not support contexts of up to 128K tokens.", LONG),
    ("The smaller models improve with the curriculum.", ONLY),
    ("The largest model does not benefit from the curriculum.", ONLY),
    ("On Delta the system scores 64.8 using external tools.", RESP),
    ("People do not prefer shorter answers.", STUDY),
    # roles
    ("Beta-2 outperforms Alpha-7 on both.", RESULT),
    ("Alpha-7 is outperformed by Beta-2.", RESULT),
    ("Beta-2 is ahead of Alpha-7 on MathBench.", RESULT),
    ("A student model generates questions, which a teacher model answers.", ROLE),
    ("A verifier generates questions.", ROLE),
    ("The shared expert assigns each token to two of 64 experts.", ROUTER),
    ("Beta-2 reduces memory by 41% compared with our method.", SPEED),
    # scope
    ("All of the baselines fail on long documents.", SOME),
    ("None of the baselines fail on long documents.", SOME),
    ("Only the weights are released under the Apache-2.0 licence.", OPEN),
    ("All models benefit from the curriculum.", ONLY),
    ("Every finding suggests that longer training always improves calibration.", HEDGE),
    ("Most of the baselines fail on long documents.", SOME),
    # order
    ("The model is first fine-tuned on dialogues and then pretrained on web text.", ORDER),
    ("It is quantized before it is fine-tuned on dialogues.", ORDER),
    ("After it is quantized, the model is fine-tuned on dialogues.", ORDER),
    ("Training diverges before 10k steps when the normalisation layer is removed.", CAUSE),
    # hedges and causes
    ("Longer training improves calibration in small models.", HEDGE),
    ("Longer training always improves calibration in small models.", HEDGE),
    ("The length of a reasoning chain causes its accuracy on hard problems.", CORR),
    ("Longer reasoning chains lead to accuracy on hard problems.", CORR),
    ("The findings prove that longer training improves calibration in small models.", HEDGE),
    # written after the rules, and never looked at while they were made but for the last few
    ("DeltaNet compresses the key-value cache by 98.3%.", CACHE),
    ("DeltaNet keeps 62% of its accuracy on LongQA.", CACHE),
    ("DeltaNet compresses the key-value cache of a 70B model by 62%.", CACHE),
    ("DeltaNet loses 98.3% of its accuracy on LongQA.", CACHE),
    ("Human annotators disagreed with the automatic judge in 91% of cases.", HUMANS),
    ("The automatic judge rated fluency lower.", HUMANS),
    ("Human annotators rated fluency higher.", HUMANS),
    ("Reinforcement learning harms reasoning.", REWARDS),
    ("Reinforcement learning improves the model's calibration.", REWARDS),
    ("Reinforcement learning harms calibration when rewards are dense.", REWARDS),
    ("Reinforcement learning always harms calibration.", REWARDS),
    ("The pipeline translates documents and then filters them by quality.", PIPELINE),
    ("The pipeline translates near-duplicates into 14 languages.", PIPELINE),
    ("The pipeline keeps near-duplicates.", PIPELINE),
    ("Training needs twice the GPU hours of the baseline.", SCHEDULE),
    ("The schedule needs a warm-up phase.", SCHEDULE),
    ("The baseline needs half the GPU hours of the proposed schedule.", SCHEDULE),
    ("Larger vocabularies cause lower perplexity.", VOCABULARY),
    ("Larger vocabularies are associated with lower perplexity for all models.", VOCABULARY),
    ("Larger vocabularies are associated with higher perplexity.", VOCABULARY),
    ("Smaller vocabularies are associated with lower perplexity.", VOCABULARY),
    ("NavBot needs more calls to the language model.", AGENT),
    ("Prior agents plan several steps ahead.", AGENT),
    ("Retrieval helps most on common entities.", RARE),
    ("Retrieval has little effect on rare entities.", RARE),
    ("WavLM achieved a word error rate of 4.1%.", SPEECH),
    ("EchoTune achieved a word error rate of 5.6%.", SPEECH),
    ("EchoTune was trained on six speech corpora.", SPEECH),
    ("Data augmentation prevented overfitting in the low-resource setting.", NEITHER),
    ("Both data augmentation and dropout prevented overfitting.", NEITHER),
    ("FlexCache keeps sparse attention on fresh tokens in fast memory.", ATTENTION),
    ("FlexCache keeps full attention on older tokens in main memory.", ATTENTION),
    ("FlexCache keeps full attention on fresh tokens in main memory.", ATTENTION),
    ("Coarse labels raise agreement on correctness.", LABELS),
    ("Fine labels raise agreement on relevance.", LABELS),
    ("Judgments of safety stay consistent.", LABELS),
    ("They recruited 8 people, 3 native and 5 foreign speakers.", CREW),
    ("They recruited 40 people, who filled in 8 forms.", CREW),
    ("The tuned variant lags far behind the frozen variant in both speed and accuracy.", LAG),
    ("MeanFill estimates the whole distribution of a missing value.", FILL),
    ("DrawFill estimates the mean of a missing value.", FILL),
    ("Plain cells are less prone to vanishing gradients than gated cells.", CELLS),
    ("Papers that are cited often show higher error rates.", CITED),
    ("Mixed data outperform ordered data.", MIXED),
    ("Gains in tuning are large but consistent.", MIXED),
    ("They compare three models under two kinds of prompts.", PROMPTS),
    ("GLM-9 calls people and asks the questions.", PHONE),
    ("MixNet statically routes inputs to the best variants.", ROUTES),
)

UNPROVEN = (
    ("MixNet dynamically routes inputs to the best variants.", ROUTES),
    ("It loses no quality on short inputs.", LONG),
    ("The smaller models do not improve with the curriculum.", ONLY),
    ("The student model answers questions that the teacher model generates.", ROLE),
    ("DeltaNet keeps 98.3% of the 7B model's accuracy while compressing its key-value cache by 62%.", CACHE),
    ("Retrieval has little effect on common entities.", RARE),
    ("EchoTune reduces the word error rate from 5.6% to 4.1%.", SPEECH),
)

MISSED = (
    ("The automatic judge rated fluency lower.", HUMANS),
    ("Reinforcement learning improves the model's calibration.", REWARDS),
    ("The pipeline translates near-duplicates into 14 languages.", PIPELINE),
    ("Retrieval has little effect on rare entities.", RARE),
)
