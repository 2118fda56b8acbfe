"""Time zones by country and by phone: the second best after what the profile says (semantics 17).

Only countries that have a single zone are listed; the others say nothing about the hour of the day. Germany counts as
one: Büsingen, its second, keeps Berlin's clock.
"""

from __future__ import annotations

from typing import Final

_COUNTRIES: Final = """
AD Europe/Andorra; AE Asia/Dubai; AF Asia/Kabul; AG America/Antigua; AI America/Anguilla; AL Europe/Tirane;
AM Asia/Yerevan; AO Africa/Luanda; AS Pacific/Pago_Pago; AT Europe/Vienna; AW America/Aruba; AX Europe/Mariehamn;
AZ Asia/Baku; BA Europe/Sarajevo; BB America/Barbados; BD Asia/Dhaka; BE Europe/Brussels; BF Africa/Ouagadougou;
BG Europe/Sofia; BH Asia/Bahrain; BI Africa/Bujumbura; BJ Africa/Porto-Novo; BL America/St_Barthelemy;
BM Atlantic/Bermuda; BN Asia/Brunei; BO America/La_Paz; BQ America/Kralendijk; BS America/Nassau;
BT Asia/Thimphu; BW Africa/Gaborone; BY Europe/Minsk; BZ America/Belize; CC Indian/Cocos; CF Africa/Bangui;
CG Africa/Brazzaville; CH Europe/Zurich; CI Africa/Abidjan; CK Pacific/Rarotonga; CM Africa/Douala;
CO America/Bogota; CR America/Costa_Rica; CU America/Havana; CV Atlantic/Cape_Verde; CW America/Curacao;
CX Indian/Christmas; CZ Europe/Prague; DE Europe/Berlin; DJ Africa/Djibouti; DK Europe/Copenhagen; DM America/Dominica;
DO America/Santo_Domingo; DZ Africa/Algiers; EE Europe/Tallinn; EG Africa/Cairo; EH Africa/El_Aaiun;
ER Africa/Asmara; ET Africa/Addis_Ababa; FI Europe/Helsinki; FJ Pacific/Fiji; FK Atlantic/Stanley;
FO Atlantic/Faroe; FR Europe/Paris; GA Africa/Libreville; GB Europe/London; GD America/Grenada; GE Asia/Tbilisi;
GF America/Cayenne; GG Europe/Guernsey; GH Africa/Accra; GI Europe/Gibraltar; GM Africa/Banjul;
GN Africa/Conakry; GP America/Guadeloupe; GQ Africa/Malabo; GR Europe/Athens; GS Atlantic/South_Georgia;
GT America/Guatemala; GU Pacific/Guam; GW Africa/Bissau; GY America/Guyana; HK Asia/Hong_Kong;
HN America/Tegucigalpa; HR Europe/Zagreb; HT America/Port-au-Prince; HU Europe/Budapest; IE Europe/Dublin;
IL Asia/Jerusalem; IM Europe/Isle_of_Man; IN Asia/Kolkata; IO Indian/Chagos; IQ Asia/Baghdad; IR Asia/Tehran;
IS Atlantic/Reykjavik; IT Europe/Rome; JE Europe/Jersey; JM America/Jamaica; JO Asia/Amman; JP Asia/Tokyo;
KE Africa/Nairobi; KG Asia/Bishkek; KH Asia/Phnom_Penh; KM Indian/Comoro; KN America/St_Kitts; KP Asia/Pyongyang;
KR Asia/Seoul; KW Asia/Kuwait; KY America/Cayman; LA Asia/Vientiane; LB Asia/Beirut; LC America/St_Lucia;
LI Europe/Vaduz; LK Asia/Colombo; LR Africa/Monrovia; LS Africa/Maseru; LT Europe/Vilnius; LU Europe/Luxembourg;
LV Europe/Riga; LY Africa/Tripoli; MA Africa/Casablanca; MC Europe/Monaco; MD Europe/Chisinau;
ME Europe/Podgorica; MF America/Marigot; MG Indian/Antananarivo; MK Europe/Skopje; ML Africa/Bamako;
MM Asia/Yangon; MO Asia/Macau; MP Pacific/Saipan; MQ America/Martinique; MR Africa/Nouakchott;
MS America/Montserrat; MT Europe/Malta; MU Indian/Mauritius; MV Indian/Maldives; MW Africa/Blantyre;
MZ Africa/Maputo; NA Africa/Windhoek; NC Pacific/Noumea; NE Africa/Niamey; NF Pacific/Norfolk; NG Africa/Lagos;
NI America/Managua; NL Europe/Amsterdam; NO Europe/Oslo; NP Asia/Kathmandu; NR Pacific/Nauru; NU Pacific/Niue;
OM Asia/Muscat; PA America/Panama; PE America/Lima; PH Asia/Manila; PK Asia/Karachi; PL Europe/Warsaw;
PM America/Miquelon; PN Pacific/Pitcairn; PR America/Puerto_Rico; PW Pacific/Palau; PY America/Asuncion;
QA Asia/Qatar; RE Indian/Reunion; RO Europe/Bucharest; RS Europe/Belgrade; RW Africa/Kigali; SA Asia/Riyadh;
SB Pacific/Guadalcanal; SC Indian/Mahe; SD Africa/Khartoum; SE Europe/Stockholm; SG Asia/Singapore;
SH Atlantic/St_Helena; SI Europe/Ljubljana; SJ Arctic/Longyearbyen; SK Europe/Bratislava; SL Africa/Freetown;
SM Europe/San_Marino; SN Africa/Dakar; SO Africa/Mogadishu; SR America/Paramaribo; SS Africa/Juba;
ST Africa/Sao_Tome; SV America/El_Salvador; SX America/Lower_Princes; SY Asia/Damascus; SZ Africa/Mbabane;
TC America/Grand_Turk; TD Africa/Ndjamena; TF Indian/Kerguelen; TG Africa/Lome; TH Asia/Bangkok;
TJ Asia/Dushanbe; TK Pacific/Fakaofo; TL Asia/Dili; TM Asia/Ashgabat; TN Africa/Tunis; TO Pacific/Tongatapu;
TR Europe/Istanbul; TT America/Port_of_Spain; TV Pacific/Funafuti; TW Asia/Taipei; TZ Africa/Dar_es_Salaam;
UG Africa/Kampala; UY America/Montevideo; VA Europe/Vatican; VC America/St_Vincent; VE America/Caracas;
VG America/Tortola; VI America/St_Thomas; VN Asia/Ho_Chi_Minh; VU Pacific/Efate; WF Pacific/Wallis;
WS Pacific/Apia; YE Asia/Aden; YT Indian/Mayotte; ZA Africa/Johannesburg; ZM Africa/Lusaka; ZW Africa/Harare
"""
"""ISO 3166-1 country and its only zone, from the IANA database 2026 (zone.tab)."""

_CALLING_CODES: Final = """
20 EG; 27 ZA; 30 GR; 31 NL; 32 BE; 33 FR; 36 HU; 40 RO; 41 CH; 43 AT; 45 DK; 46 SE; 48 PL; 49 DE; 51 PE; 53 CU; 57 CO;
58 VE; 63 PH; 65 SG; 66 TH; 81 JP; 82 KR; 84 VN; 90 TR; 91 IN; 92 PK; 93 AF; 94 LK; 95 MM; 98 IR; 211 SS; 213 DZ;
216 TN; 218 LY; 220 GM; 221 SN; 222 MR; 223 ML; 224 GN; 225 CI; 226 BF; 227 NE; 228 TG; 229 BJ; 230 MU; 231 LR;
232 SL; 233 GH; 234 NG; 235 TD; 236 CF; 237 CM; 238 CV; 239 ST; 240 GQ; 241 GA; 242 CG; 244 AO; 245 GW; 246 IO;
248 SC; 249 SD; 250 RW; 251 ET; 252 SO; 253 DJ; 254 KE; 255 TZ; 256 UG; 257 BI; 258 MZ; 260 ZM; 261 MG; 263 ZW;
264 NA; 265 MW; 266 LS; 267 BW; 268 SZ; 269 KM; 291 ER; 297 AW; 298 FO; 350 GI; 352 LU; 353 IE; 354 IS; 355 AL;
356 MT; 359 BG; 370 LT; 371 LV; 372 EE; 373 MD; 374 AM; 375 BY; 376 AD; 377 MC; 378 SM; 381 RS; 382 ME; 385 HR;
386 SI; 387 BA; 389 MK; 420 CZ; 421 SK; 423 LI; 500 FK; 501 BZ; 502 GT; 503 SV; 504 HN; 505 NI; 506 CR; 507 PA;
508 PM; 509 HT; 591 BO; 592 GY; 594 GF; 595 PY; 596 MQ; 597 SR; 598 UY; 670 TL; 672 NF; 673 BN; 674 NR; 676 TO;
677 SB; 678 VU; 679 FJ; 680 PW; 681 WF; 682 CK; 683 NU; 685 WS; 687 NC; 688 TV; 690 TK; 850 KP; 852 HK; 853 MO;
855 KH; 856 LA; 880 BD; 886 TW; 960 MV; 961 LB; 962 JO; 963 SY; 964 IQ; 965 KW; 966 SA; 967 YE; 968 OM; 971 AE;
972 IL; 973 BH; 974 QA; 975 BT; 977 NP; 992 TJ; 993 TM; 994 AZ; 995 GE; 996 KG
"""
"""E.164 country calling code and the only country that has it, for the countries above (ITU-T E.164)."""


def _pairs(text: str) -> dict[str, str]:
    return dict(pair.split() for pair in text.replace("\n", " ").split(";"))


COUNTRY_ZONES: Final = _pairs(_COUNTRIES)
"""Country to zone."""

CALLING_CODE_COUNTRIES: Final = _pairs(_CALLING_CODES)
"""Calling code, without the plus sign, to country."""


def zone_of_country(country: str) -> str:
    """The only zone of a country (ISO 3166-1 alpha-2), or empty when it has several."""
    return COUNTRY_ZONES.get(country, "")


def zone_of_phone(phone: str) -> str:
    """The only zone of a phone number's country (E.164), or empty when it cannot be told."""
    digits = phone.removeprefix("+")
    for length in (3, 2, 1):
        country = CALLING_CODE_COUNTRIES.get(digits[:length])
        if country:
            return COUNTRY_ZONES[country]
    return ""
