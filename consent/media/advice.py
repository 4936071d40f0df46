"""What somebody does about a check that failed, in plain words. It says nothing of how near they were."""

from __future__ import annotations

from consent.media.prompted import Name

ADVICE = {
    "en": {
        Name.FACE: "Be alone in the picture, with your whole face in view from the first second to the last. "
        "Take down portraits and turn off screens behind you.",
        Name.SIZE: "Come closer: your face should fill about a third of the picture's width.",
        Name.LIGHT: "Change the light: face a window or a lamp, with nothing bright behind you.",
        Name.SHARPNESS: "Wipe the lens, hold the camera still, and let it focus on your face.",
        Name.PERSON: "Only you may be in the clip from beginning to end. Look straight ahead between the turns, "
        "without mask or sunglasses.",
        Name.TURNS: "Look straight ahead at first. Then do each step in the order shown: turn clearly, wait a moment, "
        "turn back, and speak only when it is its turn.",
        Name.LIPS: "Say the digits yourself, with your mouth in view, and check that the microphone is on.",
        Name.DIGITS: "Say the digits shown, slowly, in a quiet place. If you did and we did not understand you, "
        "try again: after three tries a person listens.",
    },
    "es": {
        Name.FACE: "Aparezca a solas, con toda la cara visible desde el primer segundo hasta el último. "
        "Retire retratos y apague las pantallas que haya detrás.",
        Name.SIZE: "Acérquese: su cara debe ocupar un tercio del ancho de la imagen.",
        Name.LIGHT: "Cambie la luz: mire hacia una ventana o una lámpara, sin nada brillante detrás.",
        Name.SHARPNESS: "Limpie la lente, sujete la cámara y deje que enfoque su cara.",
        Name.PERSON: "Solo usted debe aparecer de principio a fin. Mire al frente entre los giros, "
        "sin mascarilla ni gafas de sol.",
        Name.TURNS: "Mire primero al frente. Después siga cada paso en el orden indicado: gire con claridad, espere un "
        "momento, vuelva al frente, y hable solo cuando toque.",
        Name.LIPS: "Diga usted los números, con la boca visible, y compruebe que el micrófono está encendido.",
        Name.DIGITS: "Diga los números indicados, despacio y en un lugar tranquilo. Si lo hizo y no le entendimos, "
        "inténtelo otra vez: tras tres intentos escucha una persona.",
    },
}
