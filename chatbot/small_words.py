"""The small words of languages in Latin letters: tables for `languages`, which says what they do."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ENGLISH = _words(
    """
        a about after against all also an and any are as at be been before being between both but by can
        could did do does doing done during each for from had has have having how i if in into is it its
        just like many may me might more most much my no not of off on only or other our out over own same
        she should show so some such than that the their them then there these they this those through to
        under up us use used using very via was we well were what when where whether which while who whom
        whose why will with within without would you your
    """
)
# The small words of questions and titles; some are words of several languages, which then weigh alike.
SMALL = {
    "Spanish": _words(
        """
        a al algunas algunos cada como cómo con cual cuál cuales cuáles cuando cuándo cuanta cuánta
        cuantas cuántas cuanto cuánto cuantos cuántos de del desde donde dónde durante e el ella en entre
        es esa ese esta está estas este esto estos están existe existen fue fueron ha han hay hasta la las
        le les lo los mas más me mejor muy no nos o otros para pero por porque puede pueden que qué quien
        quién quienes se según ser si sin sobre son su sus también tiene tienen todos trabajos un una unas
        uno unos usa usan y ya
        """
    ),
    "Portuguese": _words(
        """
        a ao aos as às até com como cada da das de dela dele do dos e é ela ele em entre essa esse esta
        este está eu existe existem foi foram há isso já lhe mais mas melhor muito na não nas no nos o
        onde os ou para pela pelas pelo pelos pode podem por porque qual quais quando quanta quantas
        quanto quantos que quê quem se sem ser seu seus sobre são só sua suas também tem têm trabalhos um
        uma umas uns usa usam
        """
    ),
    "French": _words(
        """
        à au aux avec c ce ces cette chaque comment combien d dans de depuis des deux donc du elle en
        entre est est-ce et eux existe existe-t-il il ils je l la là laquelle le lequel les leur leurs
        lesquelles lesquels lors lui mais même meilleur n ne nos nous on ont ou où par parmi pas peut
        peuvent plus pour pourquoi qu quand que quel quelle quelles quels qui quoi s sa sans se sera ses
        si son sont sous sur travaux un une utilise utilisent vers votre vous y y-a-t-il été être
        """
    ),
    "Italian": _words(
        """
        a ad ai al alla alle anche c che chi ci come con cos cosa così cui d da dal dalla dalle dei del
        della delle dello di dove due e è ed esiste esistono essere fra gli ha hanno i il in l la le lo
        loro ma meglio nel nella nelle nello non o ogni per perché più può possono qual quale quali quando
        quanta quante quanti quanto questa queste questi questo se senza si sono su sua sui sul sulla
        sulle suo tra tutti un una uno usa usano
        """
    ),
    "German": _words(
        """
        als am an auch auf aus bei beim bis da dabei damit das dass dem den denn der des die dies diese
        diesem diesen dieser dieses durch ein eine einem einen einer eines er es fur für gegen gibt hat
        haben hatte ich ihr ihre ihren im in ist jede jeder kann können man mehr mit nach nicht noch nur
        ob oder ohne sein seine sich sie sind so über um und uns unter viele vom von vor wann war waren
        warum was welche welchem welchen welcher welches wenn wer werden wie wieso wieviel wird wo wodurch
        womit worin worum wurde wurden zu zum zur zwischen zwei
        """
    ),
    "Dutch": _words(
        """
        aan als bij dan dat de deze die dit door een en er gebruikt gebruiken geen haar heeft hebben het
        hij hoe hoeveel hun ik in is kan kunnen maar meer met na naar niet nog of om onder ook op over te
        tegen tot tussen uit van veel voor waar waarom wanneer wat welk welke werd werken wie wordt worden
        zijn zonder
        """
    ),
    "Swedish": _words(
        """
        alla att av bland de den det dessa detta då efter eller en enligt ett finns för från fungerar ha
        hade han har hur hos i inte kan kunde man med mellan men mer mest mot måste när och också om på
        samma sin sig skillnad skiljer som till under upp ut utan vad var varför vem vid vilka vilken
        vilket vill är
        """
    ),
    "Polish": _words(
        """
        albo ale bez będzie być co czy czym dla do gdzie ich ile jak jaka jaki jakie jakich jest jako
        kiedy kto która które których który lub ma mają między może można na nad nie niż o od oraz po pod
        poprzez przed przez przy są się ten tego tej to tych tym w we wśród z za ze że
        """
    ),
    "Turkish": _words(
        """
        ama arasında arasındaki ancak bir biri bu bunlar çok daha de değil en fark gibi göre hangi
        hangileri hakkında ile için ise kadar kaç kim mi mı mu mü nasıl ne neden nedir nelerdir nerede
        olan olarak oldu olur sonra şu tarafından üzerinde var ve veya ya yok
        """
    ),
    "Vietnamese": _words(
        """
        bao bằng bởi các cách cái cho có của cùng đã để đến được giữa gì hay hơn không khi là làm mà một
        nào này như nhiêu những nhiều ở phương pháp ra sao so sự tại thế thì trên trong và vào về với
        """
    ),
    "Indonesian": _words(
        """
        ada adalah agar akan antara apa apakah bagaimana bahwa banyak berapa bisa dalam dan dapat dari
        daripada dengan di digunakan ini itu jika juga karena ke kepada kita mana menggunakan mengapa
        metode oleh pada para sebagai secara sebuah seperti siapa tentang tidak untuk yang
        """
    ),
}
# Words that ask or bid, and no English text has: one is enough where no English small word is near.
ASKING = {
    "Spanish": _words(
        """
        qué cuál cuáles cuales cuándo cuántas cuántos cuanto cuánto cuánta cuantas cuantos dónde cómo
        quién quiénes explica compara
        """
    ),
    "Portuguese": _words(
        """
        qual quais quantos quantas quanto quem explique quê
        """
    ),
    "French": _words(
        """
        combien quel quelle quelles quels pourquoi lequel laquelle lesquels lesquelles comparer comparez
        expliquez explique
        """
    ),
    "Italian": _words(
        """
        quale quali quanti quante quanto quanta perché confronta spiega cos
        """
    ),
    "German": _words(
        """
        welche welcher welches welchen welchem wie wieso warum wieviel vergleiche vergleichen erkläre
        wodurch worin womit
        """
    ),
    "Dutch": _words(
        """
        hoeveel welke waarom wanneer waar vergelijk
        """
    ),
    "Swedish": _words(
        """
        vilka vilken vilket varför hur vad
        """
    ),
    "Polish": _words(
        """
        jak jaki jakie jaka które która który ile dlaczego czym
        """
    ),
    "Turkish": _words(
        """
        nasıl nedir nelerdir hangi hangileri kaç neden
        """
    ),
    "Vietnamese": _words(
        """
        nào gì nhiêu
        """
    ),
    "Indonesian": _words(
        """
        bagaimana apakah berapa mengapa
        """
    ),
}
# Small words that names and borrowed phrases have in English texts too: de la Cruz, et al., de novo.
PARTICLES = _words(
    """
        ad ai al als an as au aux bis can comment da das de del den der des di die do dos du e el en et ex
        ha hi il la las le les lo los mi mu na ne non o om op os per por se si sur te ten ter tu una und
        van vom von war y zu
    """
)
