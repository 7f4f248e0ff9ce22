"""Texts that people say pass, texts that devices write do not. All are made up; the forms are what counts."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterable

import pytest

from dashcamcleaner.media.text_judge import (
    TrackJudge,
    is_language_code,
    is_timestamp,
    refusal,
    tells_position,
)


def why_no_speech(texts: Iterable[str | bytes]) -> str:
    """Why a track of these texts does not read as speech, in a few words; empty if it does."""
    judge = TrackJudge()
    for text in texts:
        if judge.add(text):
            return judge.why
    return judge.finish()


SPEECH = {
    "English": ["Hello there.", "- Who's there?\n- It's me, open up!", "We left at 6:30 and came home in 1984."],
    "English, shouted": ["NO WAY!", "THE BRIDGE IS CLOSED, TURN AROUND.", "OK. 10 minutes, 20 at most."],
    "numbered": [f"Hello there {i}" for i in range(30)],
    "numbered in words": [f"This is line {i} of what was said" for i in range(1, 40)],
    "signs": [
        "♪ la la la ♪",
        "...",
        "[door slams]",
        "(laughs) You're joking — right?",
        "<i>Meanwhile</i>",
        "!!",
        "1, 2, 3!",
    ],
    "German": [
        "Über die Brücke, dann links.",
        "Die Geschwindigkeitsbegrenzung gilt erst ab dem Ortsschild.",
        "Donaudampfschifffahrtsgesellschaft, wer denkt sich das aus?",
        "Es ist 30 °C heiß.",
    ],
    "French": ["L'été, c'est à la plage qu'on est le mieux.", "« Où vas-tu ? »", "Ça coûte 12,50 € l'heure."],
    "Spanish": ["¿Dónde está la salida?", "¡Cuidado, a la derecha!", "El niño corrió hacia la señora."],
    "Polish": ["Skręć w lewo za mostem.", "Źdźbło trawy, proszę bardzo."],
    "Czech": ["Strč prst skrz krk.", "Čtvrť se zmrzlinou.", "Jedeme domů, je pozdě."],
    "Turkish": ["Müvekkillerimizden birini gördünüz mü?", "Sağa dön, sonra düz git."],
    "Finnish": ["Käänny oikealle, kiitos.", "Epäjärjestelmällisyys on pahasta."],
    "Vietnamese": ["Rẽ trái ở ngã tư.", "Tôi không biết đường."],
    "Welsh": ["Llanfairpwllgwyngyll ydy enw'r pentref.", "Bore da!"],
    "Russian": ["Поверните направо.", "Ты что, не видел знак? Там сорок!"],
    "Greek": ["Στρίψε δεξιά στο φανάρι.", "Καλημέρα σας."],
    "Arabic": ["انعطف يميناً عند الإشارة.", "صباح الخير، كيف حالك؟"],
    "Hebrew": ["פנה ימינה ברמזור.", "בוקר טוב!"],
    "Persian": ["لطفاً به راست بپیچید.", "می‌خواهم به خانه بروم."],
    "Hindi": ["अगले चौराहे पर दाएँ मुड़ें।", "नमस्ते, आप कैसे हैं?"],
    "Tamil": ["வலதுபுறம் திரும்புங்கள்.", "வணக்கம்."],
    "Bengali": ["ডানদিকে ঘুরুন।"],
    "Thai": ["เลี้ยวขวาที่สี่แยกข้างหน้าแล้วขับตรงไปเรื่อยๆจนถึงสะพาน", "สวัสดีครับ"],
    "Khmer": ["បត់ស្តាំនៅភ្លើងសញ្ញាខាងមុខហើយបើកទៅត្រង់រហូតដល់ស្ពាន"],
    "Japanese": ["次の信号を右に曲がってください。そのまま橋までまっすぐ進みます。", "おはようございます！"],
    "Chinese": ["前面的路口右转，然后一直开到桥边，千万别走错了。", "早上好！"],
    "Korean": ["다음 신호등에서 우회전하세요.", "안녕하세요."],
    "Georgian": ["მარჯვნივ მოუხვიეთ.", "დილა მშვიდობისა."],
    "Amharic": ["ወደ ቀኝ ይታጠፉ።"],
    "drawn out": [
        "Noooooooooooooooooooooooooooooooooooooooooooooooo!",
        "Hahahahahahahahahahahahahahahahahahahahahahaha",
    ],
    "names and brands": ["McDonald called on his iPhone.", "We drove the A380 route with R2-D2.", "It's pi: 3.14159."],
    "times of day": ["Departure 10:45, arrival 11:30.", "Good morning, it's 7 a.m. on the 5th of March 2021."],
    "short answers": ["- No.\n- Yes.\n- No!", "- ...\n- What?!"],
    "measures": ["Die Breite beträgt 2,5 Meter, die Länge 12,5 m.", "How long? Long 2 hours.", "It costs $1,299.99."],
    "places in words": ["The latitude here is high, about 60 degrees north.", "I live between N 5th Street and E 3rd."],
    "speakers": [
        "ANNA: Where are we?",
        "NASA and the FBI",
        "My geo teacher: 3 hours of homework",
        "See www.example.com",
    ],
    "more dates": ["2024年3月5日、東京タワーに行きました。", "안녕하세요 반갑습니다 오늘은 3월 5일입니다"],
    "emoji": ["Look at that! 😀", "Nice 👍🏽"],
    "counted down": [f"{number} seconds to go" for number in range(20, 0, -1)],
    "a refrain": [f"{number} bottles of beer on the wall" for number in range(99, 60, -1)],
    "chapters": [f"Chapter {number}" for number in (1, 2, 3, 5, 8)],
    "the same number": ["Take 5!"] * 6,
    "a heart, a family": ["I \u2764\ufe0f this road", "\U0001f468\u200d\U0001f469\u200d\U0001f467 on board"],
    "nothing": ["", " ", "\n"],
}

_TIMES = [f"2024-01-01 12:00:{i:02d}" for i in range(12)]
TELEMETRY = {
    "receiver": [f"$GPRMC,1200{i:02d}.00,A,4800.0{i:02d},N,01100.000,E,12.3,45.6,010124,,,A*6C" for i in range(12)],
    "receiver, cut": [f"1200{i:02d},4800.5{i:02d},N,01100.500,E" for i in range(12)],
    "drone, home and place": [
        f"HOME(E: 11.500000, N: 48.100000)\nGPS(E: 11.5000{i:02d}, N: 48.100000, 510.0m)" for i in range(12)
    ],
    "drone, brackets": [
        f"[iso : 100] [latitude: 48.1000{i:02d}] [longtitude: 11.500000] [rel_alt: 1.2]" for i in range(12)
    ],
    "drone, camera": [
        f"F/2.8, SS 320.04, ISO 100, EV 0, GPS (11.5000, 48.10{i:02d}, 17), D 2.64m, H 1.5m" for i in range(12)
    ],
    "short prefix": [f"$G:{time}-N48.1000-E11.5000-S30" for time in _TIMES],
    "app, German": [
        f"Uhrzeit: {time}\nGeschwindigkeit: 41.7\nBreitengrad: 48.100000\nLängengrad: 11.500000" for time in _TIMES
    ],
    "app, one value a text": ["Breitengrad: 48,1", "Längengrad: 11,5"] * 4,
    "app, Russian": ["Широта: 48.1000, Долгота: 11.5000"],
    "app, Chinese": ["纬度 48.1000 经度 11.5000"],
    "dashcam, comma separated": [
        f"PA,010124,1200{i:02d}.000,4800.1000,N,01130.1000,E,030.0,510.0M,+01.8,-09.8,-00.6;" for i in range(9)
    ],
    "dashcam, cipher": ["NWYTJ38977773H3;?7?599=73U3788:;5<9;73L37895<3?>5?=378789;333H1<H"] * 5,
    "dashcam, clock alone": _TIMES,
    "speed": [f"Speed {40 + i} km/h heading {170 + i}" for i in range(12)],
    "one value": [f"Speed {speed} km/h heading northwest" for speed in (45, 46, 46, 44, 50, 51, 50, 48)],
    "altitude": [f"Altitude {171 + i % 3} m" for i in range(9)],
    "degrees and minutes": ["From N48 08.136 E011 30.317 we went on foot to the old town and had a very good lunch"],
    "degrees, minutes, seconds": ["48 08 13 N, 11 30 31 E"],
    "degrees and minutes in words": ["48 degrees 8 minutes north, 11 degrees 30 minutes east"],
    "degrees and minutes in German": ["48 Grad 8 Minuten Nord, 11 Grad 30 Minuten Ost"],
    "links to maps": ["See https://goo.gl/maps/AbCdEf for the way."],
    "other links to maps": ["See maps.apple.com/?q=home for the way."],
    "hidden variants": ["Hello" + "".join(chr(0xFE00 + number) for number in (4, 8, 1, 3))],
    "hidden joiners": ["Hello \u200c\u200d\u200c\u200c\u200d there"],
    "heaped accents": ["He" + "\u0301\u0302\u0303" * 8 + "llo"],
    "accelerometer": [f"gX:0.0{i} gY:-0.1{i} gZ:1.0{i}" for i in range(9)],
    "degrees": ["48°08'13.6\"N 11°30'31.7\"E"],
    "degrees in decimals": ["48.10° N, 11.50° E"],
    "comma decimals": ["48,1000; 11,5000"],
    "one number a text": ["48.1000", "11.5000"] * 3,
    "pieces": ["48", "1000", "11", "5000"] * 6,
    "full-width digits": ["４８．１０００，１１．５０００"],
    "Arabic digits": ["٤٨١٠٠٠ ١١٥٠٠٠"],
    "grid code": ["We met at 8FWH4HX8+2X."],
    "short link": ["https://maps.app.goo.gl/AbCdEf123"],
    "three words": ["///filled.count.soap"],
    "geohash": ["u281z7j0", "u281z7k1"],
    "a late fix": ["GPS: no signal"] * 40 + ["GPS: 48.100000, 11.500000"],
    "one text among many": [f"Then we went on, and on it went {'so ' * (i % 5)}" for i in range(60)]
    + ["4810001150000"],
    "hex": ["4a 6f 68 6e 20 48 2e 31 30"],
    "base64": [base64.b64encode(random.Random(i).randbytes(40)).decode() for i in range(5)],
    "base64 in short lines": [base64.b64encode(random.Random(i).randbytes(12)).decode() for i in range(8)],
    "JSON": ['{"lat":48.1,"lon":11.5,"spd":41}'],
    "letters of a cipher": ["EIBDHBBBFHFEEIBDHBBBFHFEEIBDHBBBFHFEEIBDHBBBFHFE"] * 3,
    "preview": [b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + bytes(range(256))],
    "control characters": ["Hello\x1b]0;there\x07"],
    "packed numbers": [b"\0\0\1\2abcd\x0f\x10"],
    "hidden tags": ["Hello" + "".join(chr(0xE0000 + ord(c)) for c in "48.1,11.5")],
    "halves of a pair": ["481000", "Hello there, my old friend.", "115000"],
    "coarse": ["48.14, 11.58"],
    "coarse, with a camera's name": ["CAM A1 12:00:00 01/01/2024 48.1 11.5"],
    "whole degrees": ["Lat 48 Lon 11"],
    "squares": ["32UPU9123434567"],
    "packed": ["A;48100000;11500000;"],
    "a book in a text": ["all work and no play " * 400],
    "private letters": ["Hello \ue000\ue001"],
}


@pytest.mark.parametrize("name", SPEECH)
def test_what_people_say_passes(name: str) -> None:
    assert why_no_speech(SPEECH[name]) == ""


def test_all_languages_in_one_track_pass() -> None:
    assert why_no_speech(text for texts in SPEECH.values() for text in texts) == ""


@pytest.mark.parametrize("name", TELEMETRY)
def test_what_devices_write_does_not(name: str) -> None:
    assert why_no_speech(TELEMETRY[name])


BY_SHARE = {
    "speed", "one value", "altitude", "pieces", "one number a text", "geohash", "letters of a cipher",
    "base64 in short lines",
}  # fmt: skip
"""Known by how much of a track it is, not by one text alone."""


@pytest.mark.parametrize("name", sorted(TELEMETRY.keys() - BY_SHARE))
def test_speech_around_it_does_not_help(name: str) -> None:
    """Every text is judged: what stands at the end of an hour of talk is found."""
    assert why_no_speech([*SPEECH["English"] * 20, *TELEMETRY[name], *SPEECH["German"]])


def test_a_text_that_reads_as_speech_by_itself_is_not_refused_by_itself() -> None:
    for texts in SPEECH.values():
        for text in texts:
            assert refusal(text) == "", text


def test_a_judge_stays_with_its_verdict() -> None:
    judge = TrackJudge()
    assert judge.add("Hello there.") == ""
    why = judge.add("48.1000, 11.5000")
    assert why == "tells the position" == judge.add("Hello there.") == judge.finish()


def test_random_bytes_and_ciphers_do_not_read_as_speech() -> None:
    chooser = random.Random(19)
    plain = "A,010124,120000.000,4808.2260,N,01134.5240,E,030.0,519.0M,+01.84,-09.80"
    for key in range(1, 32):
        assert why_no_speech(["".join(chr(ord(c) ^ key) for c in plain)] * 5), key
    for key in range(1, 26):
        assert why_no_speech(["".join(chr(33 + (ord(c) - 33 + key) % 90) for c in plain)] * 5), key
    for _ in range(200):
        assert why_no_speech([chooser.randbytes(chooser.randint(16, 80)) for _ in range(3)])


@pytest.mark.parametrize("text", ["de", "deu", "pt-BR", "zh-Hant-TW", "es-419"])
def test_language_codes(text: str) -> None:
    assert is_language_code(text)


@pytest.mark.parametrize("text", ["", "48.1371,11.5754", "x-48-1371", "Anna Meier", "de-x-home", "englisch", "e n"])
def test_what_is_no_language_code(text: str) -> None:
    assert not is_language_code(text)


def test_timestamps() -> None:
    assert is_timestamp("2024-01-01T12:00:00.000000Z")
    assert is_timestamp("2024-01-01 12:00:00")
    assert is_timestamp("2024-01-01")
    assert not is_timestamp("2024-01-01T12:00:00Z 48.1 11.5")
    assert not is_timestamp("Anna")
    assert not is_timestamp("")


@pytest.mark.parametrize(
    "text",
    [
        "GPS(113.9423,22.5381,0.0M) BAROMETER:45.4",
        "[latitude: 46.203] [longitude : 6.1355]",
        "$GPRMC,123519,A,4807.038,N,01131.000,E,022.4",
        "N48.1173 E11.5167 50 km/h",
        "52.520008, 13.404954",
        "lat=40.1 lon=-70",
        "N48 08.136 E011 30.317",
        "N 48 8.1 E 11 30.3",
        "48 08 13 N 11 30 31 E",
        "https://waze.com/ul?ll=48.1,11.5",
    ],
)
def test_positions_are_recognised(text: str) -> None:
    assert tells_position(text)


@pytest.mark.parametrize(
    "text",
    [
        "Hello",
        "He paid 3.50, she paid 4.75",
        "Long 12 years passed",
        "At 10:30 on 12.03.2024",
        "I am late. 20 minutes!",
        "Exit N 5 15 minutes on, then E 3",
        "It was 35 degrees for 20 minutes.",
        "Take the A8 N 3 km, then 12 O'Connell Street",
    ],
)
def test_ordinary_texts_are_not(text: str) -> None:
    assert not tells_position(text)
