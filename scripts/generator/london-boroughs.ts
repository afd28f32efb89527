/**
 * London's 33 authorities: the name that a party carries, the name that people use, postcode districts in it and the part
 * of it that each stands for, and how many people live there, in hundreds: Census 2021 (ONS). From memory, good for
 * weights and made-up addresses and not for quoting.
 */
export interface District {
  /** "NW1" */
  readonly code: string;
  readonly locality: string;
}

export interface BoroughFacts {
  readonly name: string;
  readonly title: string;
  readonly districts: readonly District[];
  readonly hundreds: number;
}

const FACTS: readonly (readonly [string, string, string, number])[] = [
  ["Camden", "NW1 NW3 NW5 NW6", "Camden Town, Hampstead, Kentish Town, Kilburn", 2101],
  ["Newham", "E6 E7 E13 E15 E16", "East Ham, Forest Gate, Plaistow, Stratford, Canning Town", 3511],
  ["Hackney", "E5 E8 E9 N16", "Clapton, Dalston, Homerton, Stoke Newington", 2592],
  ["Tower Hamlets", "E1 E2 E3 E14", "Whitechapel, Bethnal Green, Bow, Poplar", 3103],
  ["Islington", "N1 N5 N7 N19", "Angel, Highbury, Holloway, Archway", 2166],
  ["Barking and Dagenham", "IG11 RM8 RM9 RM10", "Barking, Chadwell Heath, Dagenham, Becontree", 2189],
  [
    "Barnet",
    "N2 N3 N12 N20 NW4 NW7 EN5",
    "East Finchley, Finchley, North Finchley, Whetstone, Hendon, Mill Hill, High Barnet",
    3893,
  ],
  ["Bexley", "DA5 DA6 DA7 DA15 DA16", "Bexley, Bexleyheath, Barnehurst, Sidcup, Welling", 2465],
  ["Brent", "NW2 NW10 HA0 HA9", "Cricklewood, Willesden, Sudbury, Wembley", 3398],
  ["Bromley", "BR1 BR2 BR3 BR6 SE20", "Bromley, Hayes, Beckenham, Orpington, Penge", 3300],
  ["City of London", "EC2V EC3A EC4M", "Guildhall, Aldgate, Cannon Street", 86],
  ["Croydon", "CR0 CR2 CR5 CR7 SE25", "Croydon, South Croydon, Coulsdon, Thornton Heath, South Norwood", 3908],
  ["Ealing", "W3 W5 W7 W13 UB1 UB6", "Acton, Ealing, Hanwell, West Ealing, Southall, Greenford", 3671],
  [
    "Enfield",
    "EN1 EN2 EN3 N9 N13 N21",
    "Enfield Town, Forty Hill, Ponders End, Edmonton, Palmers Green, Winchmore Hill",
    3300,
  ],
  ["Greenwich", "SE3 SE7 SE9 SE10 SE18", "Blackheath, Charlton, Eltham, Greenwich, Woolwich", 2891],
  ["Hammersmith and Fulham", "W6 W12 W14 SW6", "Hammersmith, Shepherds Bush, West Kensington, Fulham", 1832],
  ["Haringey", "N8 N10 N15 N17 N22", "Hornsey, Muswell Hill, Seven Sisters, Tottenham, Wood Green", 2642],
  ["Harrow", "HA1 HA2 HA3 HA5 HA7", "Harrow, South Harrow, Wealdstone, Pinner, Stanmore", 2612],
  ["Havering", "RM1 RM2 RM3 RM7 RM12", "Romford, Gidea Park, Harold Wood, Collier Row, Hornchurch", 2621],
  ["Hillingdon", "UB3 UB4 UB8 UB10 HA4", "Hayes, Yiewsley, Uxbridge, Hillingdon, Ruislip", 3059],
  ["Hounslow", "W4 TW3 TW4 TW5 TW7 TW8", "Chiswick, Hounslow, Cranford, Heston, Isleworth, Brentford", 2882],
  [
    "Kensington and Chelsea",
    "W8 W10 W11 SW3 SW7",
    "Kensington, North Kensington, Notting Hill, Chelsea, South Kensington",
    1434,
  ],
  ["Kingston upon Thames", "KT1 KT2 KT3 KT5 KT6", "Kingston, Norbiton, New Malden, Tolworth, Surbiton", 1681],
  ["Lambeth", "SW2 SW4 SW9 SE11 SE27", "Brixton, Clapham, Stockwell, Kennington, West Norwood", 3176],
  ["Lewisham", "SE4 SE6 SE8 SE13 SE23", "Brockley, Catford, Deptford, Lewisham, Forest Hill", 3006],
  ["Merton", "SW19 SW20 SM4 CR4", "Wimbledon, Raynes Park, Morden, Mitcham", 2152],
  [
    "Redbridge",
    "IG1 IG3 IG4 IG5 IG8 E18",
    "Ilford, Seven Kings, Redbridge, Clayhall, Gants Hill, South Woodford",
    3103,
  ],
  ["Richmond upon Thames", "TW1 TW2 TW9 TW10 SW13 SW14", "Twickenham, Whitton, Richmond, Ham, Barnes, Mortlake", 1953],
  ["Southwark", "SE1 SE5 SE15 SE16 SE22", "Bermondsey, Camberwell, Peckham, Rotherhithe, East Dulwich", 3077],
  ["Sutton", "SM1 SM2 SM3 SM5 SM6", "Sutton, Belmont, Cheam, Rose Hill, Carshalton", 2096],
  ["Waltham Forest", "E4 E10 E11 E17", "Chingford, Leyton, Leytonstone, Walthamstow", 2784],
  ["Wandsworth", "SW8 SW11 SW15 SW17 SW18", "Nine Elms, Battersea, Putney, Tooting, Southfields", 3275],
  [
    "Westminster",
    "W2 W9 NW8 W1D SW1P WC2N",
    "Paddington, Maida Vale, St Johns Wood, Soho, Pimlico, Covent Garden",
    2043,
  ],
];

/** A demonstration of few boroughs takes them from the beginning. */
export const LONDON_BOROUGHS: readonly BoroughFacts[] = FACTS.map(([title, codes, parts, hundreds]) => ({
  name: title.toLowerCase().replaceAll(" ", "-"),
  title,
  districts: codes.split(" ").map((code, index) => ({ code, locality: parts.split(", ")[index]! })),
  hundreds,
}));
