export interface Acknowledged {
}

export interface Acknowledged__Output {
}
