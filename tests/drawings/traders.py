"""The invented members whose papers the demo sends."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Trader:
    """A fictional business: what its papers call it, where it sits and what it sells."""

    company: str
    store: str
    officer: str
    street: str
    city: str
    country: str
    currency: str
    goods: tuple[str, ...]


_HOME = ("Oak serving board", "Linen cushion cover", "Stoneware mug, set of 4", "Brass wall hook", "Wool throw, grey")
_TEXTILE = ("Cotton poncho", "Woven table runner", "Hammock, two-seat", "Merino scarf", "Felted slippers")
_KIDS = ("Wooden stacking rings", "Rain suit 98/104", "Knitted hat", "Picture puzzle", "Night light, moon")
_FOOD = ("Smoked paprika 250 g", "Pine honey", "Chilli gift box", "Sea salt flakes", "Pepper mill, beech")
_BAKERY = ("Brot", "Brötchen", "Kuchen")
_BOOKS = ("Libros", "Papelería", "Mapas")
_TOOLS = ("Paint", "Tools", "Keys cut")
_WINE = ("Vins", "Fromages", "Épicerie")
_BULK = ("Frozen goods", "Canned fish", "Packaging")
_SERVICE = ("Freight", "Inspection", "Customs")
_PARTS = ("Fasteners", "Castings", "Tiles")
_SOCIAL = ("Pottery", "Travel", "Coffee", "Studio")

TRADERS: Final[dict[str, tuple[Trader, ...]]] = {
    "online_retailer": (
        Trader("Luma & Oak Living Ltd.", "Luma & Oak", "Hannah Pryce", "14 Tanner Yard", "Bristol BS1 6QF", "United Kingdom", "GBP", _HOME),
        Trader("Tejidos del Valle S.A.", "Casa Tejida", "Inés Robledo", "Calle del Telar 27", "46003 Valencia", "Spain", "EUR", _TEXTILE),
        Trader("Kirsebær Handel ApS", "Kirsebær Kids", "Søren Halkjær", "Møllegade 8", "8000 Aarhus C", "Denmark", "DKK", _KIDS),
        Trader("Pepper and Pine Goods LLC", "Pepper & Pine", "Dana Whitlock", "2207 NE Alder St", "Portland, OR 97232", "United States", "USD", _FOOD),
    ),
    "offline_retailer": (
        Trader("Bäckerei Sommerfeld GmbH", "Bäckerei Sommerfeld", "Jürgen Sommerfeld", "Lindenallee 42", "04109 Leipzig", "Germany", "EUR", _BAKERY),
        Trader("Librería El Faro S.L.", "Librería El Faro", "Lucía Benítez", "Calle Ancha 19", "11001 Cádiz", "Spain", "EUR", _BOOKS),
        Trader("Halloway Hardware & Paint Ltd.", "Halloway Hardware", "Peter Halloway", "88 Kirkgate", "Leeds LS2 7DJ", "United Kingdom", "GBP", _TOOLS),
        Trader("Fournier Frères SARL", "Maison Fournier", "Benoît Fournier", "6 rue des Halles", "69002 Lyon", "France", "EUR", _WINE),
    ),
    "wholesaler": (
        Trader("Hangzhou Bluefin Trading Co., Ltd.", "Bluefin Trading", "Shen Wenhao", "Room 1208, 66 Jianguo North Road", "Hangzhou 310004", "China", "USD", _BULK),
        Trader("Brandt & Söhne Großhandel GmbH", "Brandt & Söhne", "Katrin Brandt", "Billhorner Kanalweg 3", "20539 Hamburg", "Germany", "EUR", _BULK),
        Trader("Al Noor Crescent General Trading FZE", "Al Noor Crescent", "Yusuf Al Hamadi", "Warehouse C4-17, Free Zone", "Sharjah", "United Arab Emirates", "AED", _BULK),
    ),
    "service_provider": (
        Trader("Oakbridge Freight Forwarding Ltd.", "Oakbridge Freight", "Gareth Moss", "Unit 5, Trinity Quay", "Felixstowe IP11 3TH", "United Kingdom", "GBP", _SERVICE),
        Trader("Studio Lindqvist AB", "Studio Lindqvist", "Åsa Lindqvist", "Magasinsgatan 11", "411 18 Göteborg", "Sweden", "SEK", _SERVICE),
        Trader("Sahyadri Quality Inspection Pvt. Ltd.", "Sahyadri Inspection", "Meera Kulkarni", "304 Baner Business Park", "Pune 411045", "India", "USD", _SERVICE),
    ),
    "manufacturer": (
        Trader("Ningbo Redwillow Hardware Co., Ltd.", "Redwillow", "Zhou Liming", "No. 219 Chuangye Road, Beilun", "Ningbo 315800", "China", "USD", _PARTS),
        Trader("Fonderie Marchetti S.p.A.", "Fonderie Marchetti", "Paolo Marchetti", "Via dell'Industria 54", "25127 Brescia", "Italy", "EUR", _PARTS),
        Trader("Cerâmica do Douro, Lda.", "Cerâmica do Douro", "Helena Guimarães", "Rua das Olarias 130", "4430 Vila Nova de Gaia", "Portugal", "EUR", _PARTS),
    ),
    "influencer": (
        Trader("Mira Castellano", "mira.makes", "Mira Castellano", "Via Ghibellina 71", "50122 Firenze", "Italy", "EUR", _SOCIAL),
        Trader("Theo Brandvold", "theo_on_the_quay", "Theo Brandvold", "Strandgaten 16", "5013 Bergen", "Norway", "NOK", _SOCIAL),
        Trader("Amara Delacroix", "amara.sources", "Amara Delacroix", "9 rue Paradis", "13001 Marseille", "France", "EUR", _SOCIAL),
    ),
    "organization": (
        Trader("Nordic Crafts Association", "Nordic Crafts", "Ingrid Solheim", "Kirkegata 20", "0153 Oslo", "Norway", "NOK", _SERVICE),
        Trader("Cooperativa Agrícola Las Palmeras", "Las Palmeras", "Rafael Ibáñez", "Carretera de la Vega 2", "18100 Armilla", "Spain", "EUR", _BULK),
        Trader("Handwerksverein Aaretal", "Handwerk Aaretal", "Ueli Gerber", "Thunstrasse 33", "3005 Bern", "Switzerland", "CHF", _PARTS),
    ),
    "other": (
        Trader("Okonjo Field Consulting", "Okonjo Consulting", "Ada Okonjo", "17 Marina Crescent", "Lagos 101241", "Nigeria", "USD", _SERVICE),
        Trader("Tanaka Workshop LLC", "Tanaka Workshop", "Emi Tanaka", "410 Kapahulu Ave", "Honolulu, HI 96815", "United States", "USD", _PARTS),
    ),
}  # fmt: skip


def trader_for(identity: str, seed: int) -> Trader:
    """Find the business of this identity and seed: all of one member's papers name the same one."""
    known = TRADERS[identity]
    return known[seed % len(known)]
