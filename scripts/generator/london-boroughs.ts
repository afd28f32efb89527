/**
 * London's 33 authorities: the name that a party carries, the name that people use, postcode districts in it, and how
 * many people live there, in hundreds: Census 2021 (ONS), from memory, good for weights and not for quoting.
 */
export interface BoroughFacts {
  readonly name: string;
  readonly title: string;
  readonly districts: readonly string[];
  readonly hundreds: number;
}

const FACTS: readonly (readonly [string, string, number])[] = [
  ["Camden", "NW1 NW3 NW5 NW6", 2101],
  ["Newham", "E6 E7 E13 E15 E16", 3511],
  ["Hackney", "E5 E8 E9 N16", 2592],
  ["Tower Hamlets", "E1 E2 E3 E14", 3103],
  ["Islington", "N1 N5 N7 N19", 2166],
  ["Barking and Dagenham", "IG11 RM8 RM9 RM10", 2189],
  ["Barnet", "N2 N3 N12 N20 NW4 NW7 EN5", 3893],
  ["Bexley", "DA5 DA6 DA7 DA15 DA16", 2465],
  ["Brent", "NW2 NW10 HA0 HA9", 3398],
  ["Bromley", "BR1 BR2 BR3 BR6 SE20", 3300],
  ["City of London", "EC2V EC3A EC4M", 86],
  ["Croydon", "CR0 CR2 CR5 CR7 SE25", 3908],
  ["Ealing", "W3 W5 W7 W13 UB1 UB6", 3671],
  ["Enfield", "EN1 EN2 EN3 N9 N13 N21", 3300],
  ["Greenwich", "SE3 SE7 SE9 SE10 SE18", 2891],
  ["Hammersmith and Fulham", "W6 W12 W14 SW6", 1832],
  ["Haringey", "N8 N10 N15 N17 N22", 2642],
  ["Harrow", "HA1 HA2 HA3 HA5 HA7", 2612],
  ["Havering", "RM1 RM2 RM3 RM7 RM12", 2621],
  ["Hillingdon", "UB3 UB4 UB8 UB10 HA4", 3059],
  ["Hounslow", "W4 TW3 TW4 TW5 TW7 TW8", 2882],
  ["Kensington and Chelsea", "W8 W10 W11 SW3 SW7", 1434],
  ["Kingston upon Thames", "KT1 KT2 KT3 KT5 KT6", 1681],
  ["Lambeth", "SW2 SW4 SW9 SE11 SE27", 3176],
  ["Lewisham", "SE4 SE6 SE8 SE13 SE23", 3006],
  ["Merton", "SW19 SW20 SM4 CR4", 2152],
  ["Redbridge", "IG1 IG3 IG4 IG5 IG8 E18", 3103],
  ["Richmond upon Thames", "TW1 TW2 TW9 TW10 SW13 SW14", 1953],
  ["Southwark", "SE1 SE5 SE15 SE16 SE22", 3077],
  ["Sutton", "SM1 SM2 SM3 SM5 SM6", 2096],
  ["Waltham Forest", "E4 E10 E11 E17", 2784],
  ["Wandsworth", "SW8 SW11 SW15 SW17 SW18", 3275],
  ["Westminster", "W2 W9 NW8 W1D SW1P WC2N", 2043],
];

/** A demonstration of few boroughs takes them from the beginning. */
export const LONDON_BOROUGHS: readonly BoroughFacts[] = FACTS.map(([title, districts, hundreds]) => ({
  name: title.toLowerCase().replaceAll(" ", "-"),
  title,
  districts: districts.split(" "),
  hundreds,
}));
