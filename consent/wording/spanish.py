"""The sentences of template `grant/2` in Spanish. Pure. A published sentence is part of what people have signed."""

from __future__ import annotations

from typing import Final

from consent.countries import SPANISH
from consent.wording.sentences import Sentences

SENTENCES: Final = Sentences(
    opening="Usted permite vídeos hechos con su imagen, en estas condiciones.",
    closed="Todo lo que no está escrito aquí sigue prohibido.",
    who="Quién puede usarla",
    only_me="Solo usted.",
    named="Solo estas personas o entidades:",
    mutuals="Quien, con un permiso vigente, le haya permitido a usted por su nombre usar su propia imagen.",
    everyone="Cualquiera. También personas que usted no conoce y que no elegiría.",
    excepting="Nunca estas, ni siquiera por otro permiso suyo:",
    party="{name} (parte {party})",
    until="hasta {time}",
    at_most_uses=("como máximo {n} vídeo", "como máximo {n} vídeos"),
    at_most_seconds=("como máximo {n} segundo en total", "como máximo {n} segundos en total"),
    what="Qué de usted",
    modalities={
        "face": "Su cara.",
        "voice": "Su voz.",
        "name": "Su nombre.",
        "body": "Su cuerpo y su manera de moverse.",
    },
    purposes_head="Para qué",
    purposes={
        "personal": "Vídeos para el disfrute privado entre personas que se conocen, no publicados.",
        "entertainment": "Vídeos publicados para entretener, sin pago por promocionar nada.",
        "satire": "Parodia y sátira que quien mira puede reconocer como tales.",
        "education": "Enseñanza, investigación y documental.",
        "advertising": "Promoción de un producto, un servicio o una organización.",
    },
    campaigns="Solo para las campañas con estos nombres:",
    description="Los usos, en las palabras de este permiso:",
    scenes_head="Qué puede mostrarse",
    scenes={
        "everyday": "Escenas cotidianas.",
        "swimwear": "Ropa de baño y otra ropa que muestra gran parte del cuerpo.",
        "romance": "Besos y otras escenas románticas.",
        "violence": "Violencia, armas o heridas.",
        "politics": "Política, partidos o elecciones.",
        "religion": "Religión o culto.",
        "endorsement": "Recomendar algo como si usted lo pensara.",
        "alcohol": "Alcohol, tabaco u otras drogas.",
        "health": "Enfermedad, tratamientos o consejos médicos.",
        "crime": "Cometer un delito.",
        "intimate": "Desnudez o sexo.",
    },
    scenes_denied="Nunca, ni siquiera por otro permiso suyo:",
    never_intimate="La desnudez y el sexo no se permiten aquí nunca, a nadie.",
    speech_head="Qué se le puede hacer decir",
    speech={
        "none": "Nada. Nadie puede poner palabras en su boca.",
        "scripts": "Solo estos textos, palabra por palabra:",
        "own_words": "Lo que ellos escriban.",
    },
    banned="Nunca estas palabras, ni siquiera por otro permiso suyo:",
    languages="Solo en estos idiomas (por sus códigos):",
    company_head="Con quién puede aparecer",
    company_anybody="Con cualquiera que también lo permita.",
    company_nobody="Con nadie más.",
    company_only="Solo con estas personas o personajes:",
    company_never="Nunca con estas personas o personajes, ni siquiera por otro permiso suyo:",
    likeness="{name} (imagen {likeness})",
    where_head="Dónde puede mostrarse",
    everywhere="En todo el mundo.",
    only_in="Solo en estos países y territorios:",
    countries=SPANISH,
    when_head="Cuándo y cuánto",
    window="Desde {start} hasta {end}.",
    limits_uses=("Como máximo {n} vídeo en total.", "Como máximo {n} vídeos en total."),
    limits_seconds=("Como máximo {n} segundo en total.", "Como máximo {n} segundos en total."),
    limits_each=("Ningún vídeo de más de {n} segundo.", "Ningún vídeo de más de {n} segundos."),
    no_limit="Tantos vídeos, y tan largos, como quieran.",
    remix_head="Vídeos nuevos hechos a partir de estos",
    remix_no="Nadie puede hacer vídeos nuevos a partir de estos vídeos.",
    remix_yes=(
        "Pueden hacer vídeos nuevos a partir de estos, en las mismas condiciones, a {n} paso del primero.",
        "Pueden hacer vídeos nuevos a partir de estos, en las mismas condiciones, hasta a {n} pasos del primero.",
    ),
    approval_head="Su palabra sobre cada vídeo",
    approval_no="No se le pregunta antes de mostrar un vídeo.",
    approval_yes=(
        "Usted ve cada vídeo antes que nadie y tiene {n} hora para decir que sí. El silencio es un no.",
        "Usted ve cada vídeo antes que nadie y tiene {n} horas para decir que sí. El silencio es un no.",
    ),
    after_head="Cuando esto termine, termine como termine",
    after={
        "hide": "Dejamos de mostrar los vídeos.",
        "delete": "Borramos los vídeos.",
        "keep": "Los vídeos hechos hasta entonces siguen visibles. Una orden de retirada los detiene igualmente.",
        "keep_with_label": (
            "Los vídeos hechos hasta entonces siguen visibles, con una etiqueta que dice que el consentimiento ha "
            "terminado. Una orden de retirada los detiene igualmente."
        ),
    },
    training_head="Entrenamiento de modelos",
    training={
        False: "Nadie puede entrenar un modelo con su imagen ni con estos vídeos.",
        True: "Pueden entrenar modelos con su imagen y con estos vídeos. Lo que un modelo ha aprendido se queda en él.",
    },
    pay_head="Qué se paga",
    pay_nothing="Nada.",
    pay={
        "second": "{amount} {currency} por cada segundo de vídeo.",
        "use": "{amount} {currency} por cada vídeo.",
        "view": "{amount} {currency} por cada vez que se ve un vídeo.",
    },
    pay_all="Todo para usted.",
    pay_split="Repartido así:",
    share="{part} % para {party}",
    credit_head="Su nombre al lado",
    credit_no="Los vídeos no tienen que nombrarle.",
    credit_yes="Dondequiera que se muestre un vídeo, al lado pone: {credit}",
    advice_head="Asesoramiento",
    advice={
        "none": "Usted firma sin asesoramiento de un abogado ni de un sindicato.",
        "counsel": "Usted dice que le asesoró un abogado propio.",
        "union": "Usted dice que un sindicato le representa en esto.",
    },
    vetoes_last="Lo que aquí dice «nunca» sigue prohibido cuando esto termine, hasta que usted firme otra cosa.",
    closing=(
        "Usted puede retirar este permiso en cualquier momento, para todos los vídeos o para una persona, sin dar "
        "ninguna razón."
    ),
)
