/** London's 33 authorities: the name that a party carries, the name that people use, and postcode districts in it. */
export interface BoroughFacts {
  readonly name: string;
  readonly title: string;
  readonly districts: readonly string[];
}

const FACTS: readonly (readonly [string, string])[] = [
  ["Camden", "NW1 NW3 NW5 NW6"],
  ["Newham", "E6 E7 E13 E15 E16"],
  ["Hackney", "E5 E8 E9 N16"],
  ["Tower Hamlets", "E1 E2 E3 E14"],
  ["Islington", "N1 N5 N7 N19"],
  ["Barking and Dagenham", "IG11 RM8 RM9 RM10"],
  ["Barnet", "N2 N3 N12 N20 NW4 NW7 EN5"],
  ["Bexley", "DA5 DA6 DA7 DA15 DA16"],
  ["Brent", "NW2 NW10 HA0 HA9"],
  ["Bromley", "BR1 BR2 BR3 BR6 SE20"],
  ["City of London", "EC2V EC3A EC4M"],
  ["Croydon", "CR0 CR2 CR5 CR7 SE25"],
  ["Ealing", "W3 W5 W7 W13 UB1 UB6"],
  ["Enfield", "EN1 EN2 EN3 N9 N13 N21"],
  ["Greenwich", "SE3 SE7 SE9 SE10 SE18"],
  ["Hammersmith and Fulham", "W6 W12 W14 SW6"],
  ["Haringey", "N8 N10 N15 N17 N22"],
  ["Harrow", "HA1 HA2 HA3 HA5 HA7"],
  ["Havering", "RM1 RM2 RM3 RM7 RM12"],
  ["Hillingdon", "UB3 UB4 UB8 UB10 HA4"],
  ["Hounslow", "W4 TW3 TW4 TW5 TW7 TW8"],
  ["Kensington and Chelsea", "W8 W10 W11 SW3 SW7"],
  ["Kingston upon Thames", "KT1 KT2 KT3 KT5 KT6"],
  ["Lambeth", "SW2 SW4 SW9 SE11 SE27"],
  ["Lewisham", "SE4 SE6 SE8 SE13 SE23"],
  ["Merton", "SW19 SW20 SM4 CR4"],
  ["Redbridge", "IG1 IG3 IG4 IG5 IG8 E18"],
  ["Richmond upon Thames", "TW1 TW2 TW9 TW10 SW13 SW14"],
  ["Southwark", "SE1 SE5 SE15 SE16 SE22"],
  ["Sutton", "SM1 SM2 SM3 SM5 SM6"],
  ["Waltham Forest", "E4 E10 E11 E17"],
  ["Wandsworth", "SW8 SW11 SW15 SW17 SW18"],
  ["Westminster", "W2 W9 NW8 W1D SW1P WC2N"],
];

/** A demonstration of few boroughs takes them from the beginning. */
export const LONDON_BOROUGHS: readonly BoroughFacts[] = FACTS.map(([title, districts]) => ({
  name: title.toLowerCase().replaceAll(" ", "-"),
  title,
  districts: districts.split(" "),
}));
